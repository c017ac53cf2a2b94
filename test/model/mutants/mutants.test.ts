import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { FOLDER, mutate } from "../shipped/machine/load-queue.ts";
import { catchMutant } from "./catch-mutant.ts";
import { MUTANTS } from "./mutants.ts";
import type { Mutant } from "./mutants.ts";

/** Some of each kind; `bun run mutants` tries them all. */
const SAMPLE = [
  "claim: the CAS on the state is a load and a store",
  "put: the entry is a plain store",
  "putAll: the later entries are stored after the first",
  "gate: a worker that starts opens it by a store",
  "sets: no worker hands the search on (no chain wake)",
  "kept search: the parent looks at the sleep sets before it ends it",
  "unpark: notifies before it adds",
  "park: the park counter is read after the idle set was entered",
  "park: no second look at the offers",
  "parent: no second look before it blocks",
  "publish: the tail is stored before the frame's header",
  "full ring: the worker does not say that it wants space",
  "burial: one live worker is unparked, and not all",
  "pass: the ends are counted after the gates are looked at",
  "park rounds: the worker says what it waits for before it reads the counter",
  "busy: no second look at the moment",
];

describe("mutants", () => {
  test.each(MUTANTS.map((mutant) => [mutant.what, mutant] as const))(
    "%s: is still a change of the shipped source",
    async (_, mutant) => {
      const source = await Bun.file(join(FOLDER, mutant.file)).text();
      expect(mutate(source, mutant)).not.toBe(source);
    },
  );

  test("are all different", () => {
    expect(new Set(MUTANTS.map(({ what }) => what)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(25);
  });

  test("are refused when their text does not occur, or occurs twice", () => {
    const mutation = { file: "gate.ts", text: "b", replacement: "c" };
    expect(() => mutate("aaa", mutation)).toThrow("file=gate.ts text=b");
    expect(() => mutate("abba", mutation)).toThrow("file=gate.ts text=b");
    expect(mutate("aba", mutation)).toBe("aca");
  });

  test.each(SAMPLE)("%s: is caught", async (what) => {
    const mutant = MUTANTS.find((other) => other.what === what) as Mutant;
    expect((await catchMutant(mutant))?.message).toBeString();
  });

  test("the table of docs/mutants.md has them all", async () => {
    const page = await Bun.file(join(FOLDER, "../docs/mutants.md")).text();
    const rows = page.split("\n").filter((line) => /^\| `(?!src\/)/.test(line));
    expect(rows.map((row) => row.split(" | ").slice(0, 2).join(" | "))).toEqual(
      MUTANTS.map(({ file, what }) => `| \`${file}\` | ${what}`),
    );
  });
});
