import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { mutate } from "../model/shipped/machine/load-queue.ts";
import { catchSourceMutant } from "./catch-source-mutant.ts";
import type { SourceMutant } from "./mutant.ts";
import { SOURCE_MUTANTS } from "./mutants.ts";
import { ScratchTree } from "./scratch-tree.ts";

/** Two runs of tests for each mutant of the sample. */
setDefaultTimeout(120_000);

const ROOT = join(import.meta.dir, "../..");
/** Those with the shortest tests; `bun run mutants` tries all of them. */
const SAMPLE = [
  "the bytes of the next request are written over the last",
  "a deadline that fills a gap in the heap does not rise",
];

describe("mutants of the pool and the worker", () => {
  test.each(SOURCE_MUTANTS.map((mutant) => [mutant.what, mutant] as const))(
    "%s: is still a change of the source, and its tests are there",
    async (_, mutant) => {
      const source = await Bun.file(join(ROOT, mutant.file)).text();
      expect(mutate(source, mutant)).not.toBe(source);
      for (const file of mutant.tests) {
        const text = await Bun.file(join(ROOT, file)).text();
        expect(text).toContain("test");
      }
    },
  );

  test("are all different", () => {
    expect(new Set(SOURCE_MUTANTS.map(({ what }) => what)).size).toBe(SOURCE_MUTANTS.length);
    expect(SOURCE_MUTANTS.length).toBeGreaterThanOrEqual(40);
  });

  test("of a sample are caught by the tests that they name", async () => {
    await using tree = await ScratchTree.create();
    for (const what of SAMPLE) {
      const mutant = SOURCE_MUTANTS.find((other) => other.what === what) as SourceMutant;
      expect((await catchSourceMutant(tree, mutant))?.by).toBeString();
    }
  });

  test("the table of docs/mutants.md has them all", async () => {
    const page = await Bun.file(join(ROOT, "docs/mutants.md")).text();
    const rows = page.split("\n").filter((line) => line.startsWith("| `src/"));
    expect(rows.map((row) => row.split(" | ").slice(0, 2).join(" | "))).toEqual(
      SOURCE_MUTANTS.map(({ file, what }) => `| \`${file}\` | ${what}`),
    );
  });
});
