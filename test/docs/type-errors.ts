/** Type-checks blocks, all of them in one run of the compiler. */
import { join, resolve } from "node:path";
import { ROOT } from "./pages.ts";
import type { Block } from "./pages.ts";
import { Scratch, execute } from "./scratch.ts";

const ERROR = /^(?<file>[^(\n]+)\((?<line>\d+),\d+\): (?<message>error .*(?:\n +.*)*)/gm;

/** What the compiler says about blocks, by page and line. */
export async function typeErrorsOf(blocks: readonly Block[]): Promise<string[]> {
  await using scratch = await Scratch.create();
  const placed = await Promise.all(blocks.map((block) => scratch.place(block)));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = await execute(scratch.folder, [
    process.execPath,
    compiler,
    "--pretty",
    "false",
  ]);
  return [...stdout.matchAll(ERROR)].flatMap(
    ({ groups: { file = "", line = "", message = "" } = {} }) => {
      const path = resolve(scratch.folder, file);
      const one = placed.find((it) => it.file === path);
      // A file that stands beside a block is told about where it is a block itself.
      if (one === undefined)
        return path.startsWith(scratch.folder) ? [] : `${file}:${line}: ${message}`;
      const { page, line: start } = one.block;
      return `${page}:${start + Number(line) - 1 - one.linesBefore}: ${message}`;
    },
  );
}
