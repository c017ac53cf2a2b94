import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import { leavePromise, leaveTimer } from "./fixtures/tasks.ts";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** Resolves when the word has gone up by so many. */
async function ticked(word: Int32Array, count: number): Promise<void> {
  const goal = Atomics.load(word, 0) + count;
  for (let seen = Atomics.load(word, 0); seen < goal; seen = Atomics.load(word, 0)) {
    const { async: isAsync, value } = Atomics.waitAsync(word, 0, seen);
    if (isAsync) await value;
  }
}

describe("what a callable left behind in its worker", () => {
  test.each([
    ["a timer", leaveTimer],
    ["a promise that is not awaited", leavePromise],
  ])("goes on while the worker is idle: %s", async (_, leave) => {
    await using pool = new ThreadPool(1);
    const ticks = new Int32Array(new SharedArrayBuffer(4));
    await pool.run(leave, [ticks]);
    // Nothing is pending now; something must hold the event loop meanwhile.
    const holding = setInterval(() => {}, 1000);
    await ticked(ticks, 20);
    clearInterval(holding);
    expect(pool.workRequests.size).toBe(0);
  });

  test.each([
    "synchronous requests back to back",
    "tiny synchronous requests back to back",
    "asynchronous requests back to back",
    "requests with shared memory back to back",
    "requests a third of a millisecond apart",
    "requests of mixed length",
  ])("goes on while the worker is busy with %s", async (name) => {
    expect(await reportOf("left-behind.ts", "timer", name)).toBe(20);
    expect(await reportOf("left-behind.ts", "promise", name)).toBe(20);
  });
});
