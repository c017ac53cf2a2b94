import { join } from "node:path";
import { ONCE_SOURCES } from "./entries.ts";

/** The names that a source exports. */
export async function exportsOf(root: string, source: string): Promise<readonly string[]> {
  const text = await Bun.file(join(root, source)).text();
  return new Bun.Transpiler({ loader: "ts" }).scan(text).exports;
}

/** The names of what exists once in a thread. */
export async function onceNames(root: string): Promise<readonly string[]> {
  const names = await Promise.all(ONCE_SOURCES.map((source) => exportsOf(root, source)));
  return names.flat();
}
