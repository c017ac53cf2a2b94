/** Workers that are created, dismissed, joined and terminated, in any order. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool, WorkRequest } from "../../../src/index.ts";
import type { WorkerThread } from "../../../src/index.ts";
import { arrivals, newGate, open } from "../fixtures/gate.ts";
import { add, echo, hold, thread } from "../fixtures/tasks.ts";
import { SCRIPT_TEST_MS, runScript } from "../script.ts";
import { turnUntil } from "../turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("workers", () => {
  test("may come later", async () => {
    await using pool = new ThreadPool(0);
    expect(pool.workers).toEqual([]);
    const early = Array.from({ length: 2000 }, (_, i) => pool.run(echo<number>, [i]));
    pool.createWorkers(2);
    expect(pool.workers.map(({ id }) => id)).toEqual([1, 2]);
    expect(await Promise.all(early)).toEqual(Array.from({ length: 2000 }, (_, i) => i));
  });

  test("may be 64, and all of them work", async () => {
    await using pool = new ThreadPool(64);
    const gate = newGate();
    const held = Array.from({ length: 64 }, (_, i) => pool.run(hold<number>, [gate, i]));
    await arrivals(gate, 64);
    open(gate);
    expect(await Promise.all(held)).toEqual(Array.from({ length: 64 }, (_, i) => i));
    const threads = await Promise.all(Array.from({ length: 2000 }, () => pool.run(thread)));
    expect(threads.length).toBe(2000);
  });

  test("end at once when they are dismissed while parked", async () => {
    await using pool = new ThreadPool(2);
    await pool.run(add, [1, 2]);
    const [, second] = pool.workers as readonly [WorkerThread, WorkerThread];
    second.dismiss();
    await turnUntil(() => second.state === "ended");
    expect(pool.dismissedWorkers).toEqual([second]);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("finish the request they have when they are dismissed while busy, and take no other", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, "finished"]);
    await arrivals(gate, 1);
    const results: unknown[] = [];
    const callback = (_: unknown, result: unknown): void => void results.push(result);
    pool.putRequest(new WorkRequest(thread, [], {}, { callback }));
    const [first] = pool.workers as readonly [WorkerThread];
    first.dismiss();
    first.dismiss();
    expect(first.state).toBe("dismissed");
    open(gate);
    expect(await held).toBe("finished");
    await turnUntil(() => first.state === "ended");
    expect(pool.workRequests.size).toBe(1);
    pool.createWorkers(1);
    await pool.settled();
    expect(results).toEqual([expect.any(Number)]);
  });

  test("come and go while requests run", async () => {
    await using pool = new ThreadPool(1);
    const results: Promise<number>[] = [];
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 100; i++) results.push(pool.run(add, [round, i]));
      pool.createWorkers(2);
      pool.dismissWorkers(2);
      await results.at(-1);
    }
    expect((await Promise.all(results)).length).toBe(2000);
    expect(pool.workers.length).toBe(1);
    pool.joinAllDismissedWorkers();
    expect(pool.dismissedWorkers).toEqual([]);
  });

  test("of several pools are each other's strangers", async () => {
    await using first = new ThreadPool(1);
    await using second = new ThreadPool(1);
    const threads = await Promise.all([first.run(thread), second.run(thread)]);
    expect(threads[0]).not.toBe(threads[1]);
    expect(first.workers[0]?.id).toBe(second.workers[0]?.id as number);
  });
});

const SEQUENCES = 30;

/** Another one each time, printed when something goes wrong; `DISMISSAL_SEED=… bun run test supervision/workers` takes that one. */
const seed = process.env["DISMISSAL_SEED"] ?? crypto.getRandomValues(new Int32Array(1))[0];

test("no order of calls hangs, loses a request, or makes the lists of workers wrong", async () => {
  const { exitCode, signal, lines, stderr } = await runScript(
    "dismissal.ts",
    `${seed}`,
    `${SEQUENCES}`,
  );
  const story = `DISMISSAL_SEED=${seed}\n${stderr}\nthe last sequence: ${JSON.stringify(lines.at(-1))}`;
  expect({ exitCode, signal, last: lines.at(-1) }, story).toEqual({
    exitCode: 0,
    signal: null,
    last: "held",
  });
});
