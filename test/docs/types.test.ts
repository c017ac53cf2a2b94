/** Every block of TypeScript in the manual compiles under the options of `bun init`. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MANUAL, ROOT, blocksOf, manualBlocks } from "./pages.ts";
import { typeErrorsOf } from "./type-errors.ts";

// One run of the compiler over all of them.
setDefaultTimeout(180_000);

test("every block of TypeScript compiles", async () => {
  const blocks = manualBlocks("ts").filter(({ trial }) => trial !== "fails");
  expect(blocks.length).toBeGreaterThan(50);
  expect(await typeErrorsOf(blocks)).toEqual([]);
});

test("an error is told with its place on the page", async () => {
  const text =
    "# A\n\n<!-- setup\nconst n = 1;\n-->\n\n```ts\n// here\nconst text: string = n;\n```\n";
  expect(await typeErrorsOf(blocksOf("page.md", text))).toEqual([
    expect.stringMatching(/^page\.md:9: error TS2322/),
  ]);
});

test("a block says its language, and why only its types are checked", () => {
  const languages = "ts js python sh console json toml md text".split(" ");
  const all = MANUAL.flatMap((page) => blocksOf(page, readFileSync(join(ROOT, page), "utf8")));
  const wrong = all.filter(
    ({ language, trial, reason }) =>
      !languages.includes(language) || (trial === "check" && reason.length < 10),
  );
  expect(wrong.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
});
