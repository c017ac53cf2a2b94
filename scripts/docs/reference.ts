/**
 * The API reference: TypeDoc makes it from the docstrings of what package.json exports. Everything that TypeDoc warns about
 * is an error: a public name without a docstring, a link to nothing, a type that a signature names and that is not exported.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PUBLIC_ENTRIES } from "../build/entries.ts";
import { runTool } from "./tools.ts";

/** The source of each entry of package.json "exports" that has one, by the name that users import. */
export function entriesOf(root: string): Map<string, string> {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  const entries = new Map<string, string>();
  for (const [path, target] of Object.entries(manifest.exports)) {
    if (typeof target === "string") continue; // package.json itself
    const name = manifest.name + path.slice(1);
    const built = /^\.\/dist\/(.+)\.js$/.exec(target.default)?.[1] ?? "";
    const source = (PUBLIC_ENTRIES as Readonly<Record<string, string>>)[built];
    if (source === undefined)
      throw new Error(`scripts/build/entries.ts has no source: entry=${name}`);
    entries.set(name, source);
  }
  return entries;
}

/**
 * Writes the pages of the reference to `docs/site/dist/pages/reference`, or with `isCheck` only checks that it could.
 *
 * @throws Error with what TypeDoc says is wrong
 */
export async function writeReference(root: string, isCheck: boolean = false): Promise<void> {
  const entryPoints = [...entriesOf(root).values()].flatMap((source) => [
    "--entryPoints",
    join(root, source),
  ]);
  const { exitCode, printed } = await runTool(
    root,
    "typedoc",
    ...entryPoints,
    ...(isCheck ? ["--emit", "none"] : []),
  );
  if (exitCode !== 0) throw new Error(printed);
}
