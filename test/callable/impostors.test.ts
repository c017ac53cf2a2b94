import { describe, expect, test } from "bun:test";
import { join } from "node:path";

interface Line {
  readonly title: string;
  readonly expected: unknown;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
}

async function linesOf(main: string): Promise<Line[]> {
  const file = join(import.meta.dir, "fixtures/mains", main);
  const child = Bun.spawn([process.execPath, file], { stdout: "pipe", stderr: "inherit" });
  const text = await new Response(child.stdout).text();
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** A main module that is evaluated at one go can be read while it is evaluated; of one that awaits, the text must prove it. */
const mains: [string, RegExp, number][] = [
  ["impostors-running.ts", /, exported$|the very one/, 14],
  ["impostors-awaiting.ts", /the very one/, 14],
  ["impostors-common.cjs", /, exported$|the very one/, 9],
];

describe("a function of the name and the text of an export", () => {
  test.each(mains)("never runs in the place of another one: %s", async (main, mustWork, count) => {
    const lines = await linesOf(main);
    expect(lines).toHaveLength(count);
    for (const { title, expected, value, error } of lines) {
      if (mustWork.test(title) || error === undefined)
        expect({ title, value, error }).toEqual({ title, value: expected, error: undefined });
      else expect(error.message).toMatch(/(?:f|factor) is not defined: an inline function/);
    }
  });
});
