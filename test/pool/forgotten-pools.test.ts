/** Pools that the program cannot reach any more. Each case is a process: `fixtures/dropped.ts`. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { SCRIPT_TEST_MS, reportOf, runScript } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** Runs a case in which pools are forgotten. It ends when their threads are gone. */
async function forgottenIn(name: string): Promise<unknown> {
  const { exitCode, signal, stderr, lines } = await runScript("dropped.ts", name);
  expect({ exitCode, signal }).toEqual({ exitCode: 0, signal: null });
  // It says so once, in one line, however many pools there are.
  expect(stderr).toMatch(/^A ThreadPool was forgotten: .*workers=\d name=ringpool\n$/);
  return lines[0];
}

describe("a pool that nothing in the program refers to any more", () => {
  test("ends its workers when it is collected, and says so once", async () => {
    expect(await forgottenIn("used and forgotten")).toEqual({ hadThreads: true });
  });

  test("does so although a trace of it goes on, which keeps what it has recorded", async () => {
    const runs = (await forgottenIn("with a trace that goes on")) as number[];
    expect(runs.length).toBeGreaterThan(0);
    expect(new Set(runs)).toEqual(new Set([1]));
  });

  test("does so when it was never used", async () => {
    expect(await forgottenIn("never used")).toBe("gone");
  });

  test("does so although its listeners and callbacks refer to it, and after every kind of request", async () => {
    expect(await forgottenIn("with listeners and signals that refer to it")).toBe("gone");
  });

  test("does so although a worker never comes to its end", async () => {
    expect(await forgottenIn("with a run that ignores its abort")).toBe("gone");
  });

  test("does so without a collection that the program asks for, while its event loop turns", async () => {
    expect(await forgottenIn("without a collection of its own")).toBe("gone");
  });

  test("delivers what is pending before, and calls its listeners", async () => {
    expect(await forgottenIn("with requests pending")).toEqual({
      during: [],
      delivered: ["held", "promised"],
      events: ["idle 0"],
    });
  });
});

describe("a pool lives on", () => {
  test("while requests wait for workers that come later", async () => {
    const { stderr, lines } = await runScript("dropped.ts", "with requests that wait for workers");
    expect(lines).toEqual([["late"]]);
    expect(stderr).toMatch(/^(A ThreadPool was forgotten: .*\n)?$/);
  });

  test("while something refers to it", async () => {
    const states = ["running", "running"];
    expect(await reportOf("dropped.ts", "still reachable")).toEqual({ states, sum: 7 });
  });
});

test("a pool that the program has ended is collected without a word", async () => {
  expect(await reportOf("dropped.ts", "ended by the program")).toBe("silent");
});
