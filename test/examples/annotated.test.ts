import { expect, test } from "bun:test";
import { runExample } from "./run-example.ts";

const ADDED = /^Work request #(\d+) added\.$/gm;
const OUTCOME = /^\*{4} (?:Result from|Exception occured in) request #(\d+): .+$/gm;
const ACTIVE = /^Main thread working\.\.\. \(active worker threads: (\d+)\)$/gm;

test("the annotated example accounts for each of its forty requests once, and ends by itself", async () => {
  const { exitCode, stdout, stderr } = await runExample("annotated.ts");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });

  const added = matches(stdout, ADDED);
  expect(added).toHaveLength(40);
  expect(matches(stdout, OUTCOME).toSorted(byNumber)).toEqual(added.toSorted(byNumber));
  expect(stdout.match(/^\*{4} No pending results\.$/gm)).toHaveLength(1);

  // How far its main thread gets before the last result is up to the machine; the order is not.
  const crewSizes = [...new Set(matches(stdout, ACTIVE))];
  expect(crewSizes.length).toBeGreaterThan(0);
  expect(crewSizes).toEqual(["3", "6", "4"].slice(0, crewSizes.length));
  const lastLine = stdout.trimEnd().split("\n").at(-1);
  expect(lastLine).toBe(
    stdout.includes("**** Dismissing 2 worker threads...")
      ? "**** Joining all dismissed worker threads..."
      : "**** No pending results.",
  );
});

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, group]) => group as string);
}

function byNumber(one: string, other: string): number {
  return Number(one) - Number(other);
}
