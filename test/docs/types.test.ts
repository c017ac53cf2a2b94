/** Every block of TypeScript in the manual compiles under the options of `bun init`. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { MANUAL, ROOT, blocksOf, manualBlocks } from "./pages.ts";
import type { Block } from "./pages.ts";
import { Scratch, execute } from "./scratch.ts";

// One run of the compiler over all of them.
setDefaultTimeout(180_000);

const ERROR = /^(?<file>[^(\n]+)\((?<line>\d+),\d+\): (?<message>error .*(?:\n +.*)*)/gm;

/** What the compiler says about blocks, by page and line. */
async function errorsOf(blocks: readonly Block[]): Promise<string[]> {
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

test("every block of TypeScript compiles", async () => {
  const blocks = manualBlocks("ts").filter(({ trial }) => trial !== "fails");
  expect(blocks.length).toBeGreaterThan(50);
  expect(await errorsOf(blocks)).toEqual([]);
});

test("an error is told with its place on the page", async () => {
  const text =
    "# A\n\n<!-- setup\nconst n = 1;\n-->\n\n```ts\n// here\nconst text: string = n;\n```\n";
  expect(await errorsOf(blocksOf("page.md", text))).toEqual([
    expect.stringMatching(/^page\.md:9: error TS2322/),
  ]);
});

test("a block says its language, and why only its types are checked", () => {
  const languages = "ts js python sh console json md text".split(" ");
  const all = MANUAL.flatMap((page) => blocksOf(page, readFileSync(join(ROOT, page), "utf8")));
  const wrong = all.filter(
    ({ language, trial, reason }) =>
      !languages.includes(language) || (trial === "check" && reason.length < 10),
  );
  expect(wrong.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
});
