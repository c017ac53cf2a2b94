import { join } from "node:path";
import { writePages, writeSidebar } from "./pages.ts";
import { writeReference } from "./reference.ts";
import { BUILT, runTool } from "./tools.ts";

/**
 * Builds the site from the documents and the docstrings.
 *
 * @returns the folder of the site: it can be served by any server of files
 * @throws Error with what the tool says is wrong
 */
export async function buildSite(root: string): Promise<string> {
  await writePages(root);
  await writeReference(root);
  await writeSidebar(root);
  const { exitCode, printed } = await runTool(root, "vitepress", "build");
  if (exitCode !== 0) throw new Error(printed);
  return join(root, BUILT);
}
