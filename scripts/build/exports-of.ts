import { join } from "node:path";

/** The names that a source exports. */
export async function exportsOf(root: string, source: string): Promise<readonly string[]> {
  const text = await Bun.file(join(root, source)).text();
  return new Bun.Transpiler({ loader: "ts" }).scan(text).exports;
}

/** The names that sources export together. */
export async function exportsOfAll(
  root: string,
  sources: readonly string[],
): Promise<readonly string[]> {
  const names = await Promise.all(sources.map((source) => exportsOf(root, source)));
  return names.flat();
}
