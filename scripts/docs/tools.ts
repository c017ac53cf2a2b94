/** The tools that make the site: `docs/site` has a lockfile of its own, so that those who need no site do not install them. */
import { join } from "node:path";
import { $ } from "bun";

/** The settings and the dependencies of the tools. */
export const SITE = "docs/site";
/** The pages that the generator reads. Programs write them. */
export const PAGES = "docs/site/dist/pages";
/** What the generator writes: the site. */
export const BUILT = "docs/site/dist/html";

/** What a tool did. */
export interface Ran {
  readonly exitCode: number;
  readonly printed: string;
}

/** Runs a tool of the site on Bun, in `docs/site`, after it has installed what is missing. */
export async function runTool(
  root: string,
  name: string,
  ...args: readonly string[]
): Promise<Ran> {
  const cwd = join(root, SITE);
  const bun = process.execPath;
  await $`${bun} install --frozen-lockfile --ignore-scripts --no-summary --no-progress`
    .cwd(cwd)
    .quiet();
  const tool = join(cwd, "node_modules/.bin", name);
  const { exitCode, stdout, stderr } = await $`${bun} run --bun ${tool} ${args}`
    .cwd(cwd)
    .env({ ...process.env, NO_COLOR: "1" })
    .nothrow()
    .quiet();
  return { exitCode, printed: `${stdout.toString()}${stderr.toString()}`.trim() };
}
