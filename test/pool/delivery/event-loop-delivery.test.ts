import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  NoResultsPending,
  NoWorkersAvailable,
  ThreadPool,
  WorkRequest,
} from "../../../src/index.ts";
import { arrivals, newGate, open } from "../fixtures/gate.ts";
import { add, echo, echoLater, exit, hold } from "../fixtures/tasks.ts";
import { SCRIPT_TEST_MS, reportOf, runScript } from "../script.ts";
import { turn, turnUntil } from "../turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

type Callback = (request: unknown, result: unknown) => void;

function put(pool: ThreadPool, value: unknown, callback: Callback): void {
  pool.putRequest(new WorkRequest(echo, [value], {}, { callback }));
}

/** Puts one request after the other until `stop` is called; at least one is always pending. */
function feed(pool: ThreadPool, width: number): { count: number; stop: () => void } {
  const feeding = { count: 0, stop: () => {} };
  let isOn = true;
  feeding.stop = () => {
    isOn = false;
  };
  const next = (): void => {
    feeding.count += 1;
    if (isOn) put(pool, feeding.count, next);
  };
  for (let i = 0; i < width; i++) put(pool, i, next);
  return feeding;
}

/** Delivers the results that have come. Does not throw when nothing is pending. */
function pollSafely(pool: ThreadPool): void {
  try {
    pool.poll();
  } catch (error) {
    if (!(error instanceof NoResultsPending)) throw error;
  }
}

describe("without poll and wait", () => {
  test("promises are resolved and rejected", async () => {
    await using pool = new ThreadPool(2);
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(await pool.run(echoLater<string>, ["later"])).toBe("later");
    await expect(pool.run(exit, [4])).rejects.toMatchObject({ name: "WorkerDied", exitCode: 4 });
  });

  test("callbacks of one worker come in the order of the puts, with promises among them", async () => {
    await using pool = new ThreadPool(1);
    const order: unknown[] = [];
    const promises: Promise<unknown>[] = [];
    for (let i = 0; i < 3000; i += 2) {
      put(pool, i, (_, result) => void order.push(result));
      promises.push(pool.run(echo, [i + 1]));
    }
    expect(await Promise.all(promises)).toEqual(Array.from({ length: 1500 }, (_, i) => 2 * i + 1));
    expect(order).toEqual(Array.from({ length: 1500 }, (_, i) => 2 * i));
  });

  test("nothing is delivered before the caller has come to its end", async () => {
    await using pool = new ThreadPool(1);
    const delivered: unknown[] = [];
    put(pool, "callback", (_, result) => void delivered.push(result));
    pool.runSync(echo, [1]);
    // The result has been read by now, behind which runSync's own came.
    expect(delivered).toEqual([]);
    await pool.settled();
    expect(delivered).toEqual(["callback"]);
  });

  test("what runSync has read for others is delivered, although nothing else happens", async () => {
    await using pool = new ThreadPool(1);
    const others = Array.from({ length: 20 }, (_, i) => pool.run(echo<number>, [i]));
    expect(pool.runSync(echo, ["mine"])).toBe("mine");
    expect(await Promise.all(others)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  test("poll and wait may be mixed with the event loop's delivery", async () => {
    await using pool = new ThreadPool(2);
    const counts = new Map<unknown, number>();
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 50; i++) {
        put(
          pool,
          round * 50 + i,
          (_, value) => void counts.set(value, (counts.get(value) ?? 0) + 1),
        );
      }
      if (round % 3 === 0) pool.wait();
      else if (round % 3 === 1) await turn();
      else pollSafely(pool);
    }
    await pool.settled();
    expect(counts.size).toBe(1000);
    expect(new Set(counts.values())).toEqual(new Set([1]));
  });
});

describe("while requests run without a pause", () => {
  test("timers and immediates of the process go on", async () => {
    await using pool = new ThreadPool(2);
    const feeding = feed(pool, 4000);
    await turnUntil(() => feeding.count > 0);
    let ticks = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        ticks += 1;
        if (ticks < 50) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
    for (let i = 0; i < 50; i++) await turn();
    feeding.stop();
    await pool.settled();
    expect(ticks).toBe(50);
    expect(feeding.count).toBeGreaterThanOrEqual(4000);
  });

  test("a server of the process answers", async () => {
    await using pool = new ThreadPool(2);
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: async (request) => {
        const n = Number(new URL(request.url).searchParams.get("n"));
        return Response.json(await pool.run(add, [n, 1]));
      },
    });
    try {
      const feeding = feed(pool, 500);
      await turnUntil(() => feeding.count > 0);
      const answers: unknown[] = [];
      for (let n = 0; n < 20; n++) {
        const response = await fetch(`http://127.0.0.1:${server.port}/?n=${n}`);
        answers.push(await response.json());
      }
      feeding.stop();
      await pool.settled();
      expect(answers).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    } finally {
      await server.stop(true);
    }
  });
});

/** What `docs/architecture.md` promises: the event loop has a turn after so many results. */
const MOST_IN_A_TURN = 1024;

test("the event loop gets its turn after 1024 results, however many are at hand", async () => {
  await using pool = new ThreadPool(1);
  const count = 5 * MOST_IN_A_TURN + 1;
  let delivered = 0;
  const callback = (): void => void (delivered += 1);
  for (let i = 0; i < count; i++) pool.putRequest(new WorkRequest(echo, [i], {}, { callback }));
  // One worker takes the requests in order: every result before this one is read by now, and none is delivered.
  pool.runSync(echo, ["last"]);
  expect(delivered).toBe(0);
  const inTurn: number[] = [];
  for (let before = 0; before < count; before = delivered) {
    await turn();
    inTurn.push(delivered - before);
  }
  expect(delivered).toBe(count);
  expect(Math.max(...inTurn)).toBe(MOST_IN_A_TURN);
});

describe("an error", () => {
  test("that a callback throws is an uncaught exception", async () => {
    const { exitCode, stderr } = await runScript("ending.ts", "an error that a callback throws");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("EvalError: thrown by the callback");
    expect(stderr).toContain("ending.ts:");
  });

  test("that a callback throws leaves every other request alone", async () => {
    const ended = await runScript("ending.ts", "errors that callbacks throw, and that are handled");
    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ended.lines).toEqual([
      {
        errors: ["of 0", "of 3", "of 6", "of 9", "of an excCallback"],
        delivered: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        pending: 0,
      },
    ]);
  });

  test("of a promise without a handler ends the process", async () => {
    const { exitCode, stderr } = await runScript("ending.ts", "a rejection without a handler");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("RangeError: not handled");
  });

  test("of a request without callbacks is printed with both stacks", async () => {
    const { exitCode, stderr } = await runScript("ending.ts", "a failure without an excCallback");
    expect(exitCode).toBe(0);
    expect(stderr).toContain("RangeError: not looked at");
    expect(stderr).toContain("tasks.ts:");
    expect(stderr).toContain("ending.ts:");
  });
});

describe("settled", () => {
  test("resolves at once when nothing is pending", async () => {
    await using pool = new ThreadPool(0);
    expect(await pool.settled()).toBeUndefined();
  });

  test("resolves when everything is delivered, what callbacks put meanwhile included", async () => {
    await using pool = new ThreadPool(2);
    let left = 100;
    const next = (): void => {
      left -= 1;
      if (left > 0) put(pool, left, next);
    };
    put(pool, left, next);
    await pool.settled();
    expect(left).toBe(0);
    expect(pool.workRequests.size).toBe(0);
  });

  test("delivers in manual mode too, for any number of callers", async () => {
    await using pool = new ThreadPool(2, { delivery: "manual" });
    const results: unknown[] = [];
    for (let i = 0; i < 3000; i++) put(pool, i, (_, result) => void results.push(result));
    await Promise.all([pool.settled(), pool.settled(), pool.settled()]);
    expect(new Set(results).size).toBe(3000);
  });

  test("rejects when no worker is left, and resolves when there are workers again", async () => {
    await using pool = new ThreadPool(0);
    const results: unknown[] = [];
    put(pool, 1, (_, result) => void results.push(result));
    await expect(pool.settled()).rejects.toBeInstanceOf(NoWorkersAvailable);
    pool.createWorkers(1);
    await pool.settled();
    expect(results).toEqual([1]);
  });

  test("rejects when the last worker that could deliver is gone", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    const results: unknown[] = [];
    put(pool, "behind", (_, result) => void results.push(result));
    await arrivals(gate, 1);
    pool.dismissWorkers(1);
    const settled = pool.settled();
    open(gate);
    expect(await held).toBe("held");
    await expect(settled).rejects.toBeInstanceOf(NoWorkersAvailable);
    pool.createWorkers(1);
    await pool.settled();
    expect(results).toEqual(["behind"]);
  });
});

describe("an idle pool leaves the processors alone", () => {
  test.each([
    "idle",
    "blocked in a callable",
    "waiting in an asynchronous callable",
    "without workers",
    "results left to poll",
  ])("%s", async (name) => {
    expect(await reportOf("cpu.ts", name)).toBeLessThan(0.2);
  });
});
