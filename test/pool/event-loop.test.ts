import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { AsyncLocalStorage } from "node:async_hooks";
import { NoResultsPending, NoWorkersAvailable, ThreadPool, WorkRequest } from "../../src/index.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import {
  add,
  echo,
  echoLater,
  exit,
  hold,
  leavePromise,
  leaveTimer,
  spin,
} from "./fixtures/tasks.ts";
import { SCRIPT_TEST_MS, reportOf, runScript } from "./script.ts";
import { turn, turnUntil } from "./turns.ts";

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

/** Delivers what is at hand; nothing at all may be pending any more. */
function pollSafely(pool: ThreadPool): void {
  try {
    pool.poll();
  } catch (error) {
    if (!(error instanceof NoResultsPending)) throw error;
  }
}

/** Resolves when the word has gone up by so many. */
async function ticked(word: Int32Array, count: number): Promise<void> {
  const goal = Atomics.load(word, 0) + count;
  for (let seen = Atomics.load(word, 0); seen < goal; seen = Atomics.load(word, 0)) {
    const { async: isAsync, value } = Atomics.waitAsync(word, 0, seen);
    if (isAsync) await value;
  }
}

describe("without poll and wait", () => {
  test("callbacks arrive", async () => {
    await using pool = new ThreadPool(2);
    const results: unknown[] = [];
    await new Promise<void>((resolve) => {
      for (let i = 0; i < 100; i++) {
        put(pool, i, (_, result) => {
          if (results.push(result) === 100) resolve();
        });
      }
    });
    expect(new Set(results).size).toBe(100);
    expect(pool.workRequests.size).toBe(0);
  });

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

  test("manual delivery leaves everything to poll and wait", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const delivered: unknown[] = [];
    const gate = newGate();
    const options = { callback: (_: unknown, value: unknown) => void delivered.push(value) };
    pool.putRequest(new WorkRequest(hold, [gate, "held"], {}, options));
    await arrivals(gate, 1);
    open(gate);
    pool.putRequest(new WorkRequest(hold, [gate, "last"], {}, options));
    await arrivals(gate, 2);
    for (let i = 0; i < 10; i++) await turn();
    expect(delivered).toEqual([]);
    pool.wait();
    expect(delivered).toEqual(["held", "last"]);
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

describe("what a callable left behind in its worker", () => {
  test.each([
    ["a timer", leaveTimer],
    ["a promise that nobody awaits", leavePromise],
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

describe("a process ends by itself", () => {
  test.each([
    ["with an idle pool", "an idle pool", []],
    ["with a pool that is idle again", "a pool that is idle again", ["delivered"]],
    [
      "with a pool that was used without the event loop",
      "a pool that was used without the event loop",
      ["delivered"],
    ],
    ["with an idle pool of manual delivery", "an idle pool that leaves results to poll", []],
    ["not before a pending request is delivered", "a pending request", ["delivered"]],
    ["not before a pending promise is resolved", "a pending promise", ["delivered"]],
    ["not before what callbacks put is delivered", "requests that callbacks put", ["delivered"]],
    [
      "not before poll has delivered, when that is left to it",
      "a result that is left to poll",
      ["delivered"],
    ],
    [
      "not before it is settled, when it waits for that",
      "a promise of being settled",
      ["delivered", "settled"],
    ],
    ["after a request that failed", "a request that failed", ["RangeError"]],
    ["after the death of a worker", "a request whose worker died", ["WorkerDied"]],
    ["whatever a callable left behind", "what a callable left behind", ["delivered"]],
    [
      "once a pool that is being closed is closed",
      "a pool that is being closed",
      ["delivered", "closed"],
    ],
    ["with a terminated pool", "a terminated pool", []],
    [
      "with a terminated pool, once its requests are told",
      "a terminated pool with pending requests",
      ["PoolClosed", "PoolClosed", "PoolClosed"],
    ],
    [
      "with a terminated pool, once poll has told its requests",
      "a terminated pool with pending requests that are left to poll",
      ["PoolClosed", "PoolClosed", "PoolClosed"],
    ],
    ["with a disposed pool", "a disposed pool", ["delivered"]],
    ["with dismissed workers", "a pool whose workers are dismissed", []],
  ])("%s", async (_, name, lines) => {
    const ended = await runScript("ending.ts", name);
    expect(ended).toEqual({ exitCode: 0, signal: null, stderr: "", lines });
  });

  test.each([
    ["a promise", [undefined, "once more"]],
    ["a callback", ["delivered"]],
    ["settled", ["delivered", "settled"]],
    ["close", ["delivered", "closed"]],
    ["await using", ["delivered"]],
    ["a terminated pool", ["PoolClosed"]],
    ["a gate that opens while a request waits", ["delivered"]],
  ])("after a top-level await: %s", async (name, lines) => {
    const ended = await runScript("ending-awaited.ts", name);
    const printed = lines.map((line) => line ?? "undefined");
    expect(ended).toEqual({ exitCode: 0, signal: null, stderr: "", lines: printed });
  });

  test("with the code it asks for, while a worker is in an endless loop", async () => {
    const ended = await runScript("ending.ts", "a worker in an endless loop");
    expect(ended).toEqual({ exitCode: 3, signal: null, stderr: "", lines: [] });
  });
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

  test("of a promise that nobody handles ends the process", async () => {
    const { exitCode, stderr } = await runScript("ending.ts", "a rejection that nobody handles");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("RangeError: nobody handles this");
  });

  test("of a request without callbacks is printed with both stacks", async () => {
    const { exitCode, stderr } = await runScript("ending.ts", "a failure that nobody looks at");
    expect(exitCode).toBe(0);
    expect(stderr).toContain("RangeError: nobody looks at this");
    expect(stderr).toContain("tasks.ts:");
    expect(stderr).toContain("ending.ts:");
  });
});

describe("an AsyncLocalStorage", () => {
  const storage = new AsyncLocalStorage<string>();

  test("keeps its value across the await of a run", async () => {
    await using pool = new ThreadPool(2);
    const names = Array.from({ length: 50 }, (_, i) => `of ${i}`);
    const seen = await Promise.all(
      names.map((name) =>
        storage.run(name, async () => {
          await pool.run(echo, [name]);
          return storage.getStore();
        }),
      ),
    );
    expect(seen).toEqual(names);
  });

  test("shows a callback its own request's value, or none, and never another's", async () => {
    await using pool = new ThreadPool(1);
    const names = Array.from({ length: 20 }, (_, i) => `of ${i}`);
    const strangers: unknown[] = [];
    for (const name of names) {
      storage.run(name, () => {
        put(pool, name, () => {
          const seen = storage.getStore();
          if (seen !== undefined && seen !== name) strangers.push({ name, seen });
        });
      });
    }
    await pool.settled();
    expect(strangers).toEqual([]);
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
    const pending = pool.run(echo, [1]);
    await expect(pool.settled()).rejects.toBeInstanceOf(NoWorkersAvailable);
    pool.createWorkers(1);
    await pool.settled();
    expect(await pending).toBe(1);
  });

  test("rejects when the last worker that could deliver is gone", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    const behind = pool.run(echo, ["behind"]);
    await arrivals(gate, 1);
    pool.dismissWorkers(1);
    const settled = pool.settled();
    open(gate);
    expect(await held).toBe("held");
    await expect(settled).rejects.toBeInstanceOf(NoWorkersAvailable);
    pool.createWorkers(1);
    expect(await behind).toBe("behind");
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

test("a long row of requests does not hold up what the process does meanwhile", async () => {
  await using pool = new ThreadPool(2);
  const promises = Array.from({ length: 20_000 }, (_, i) => pool.run(echo<number>, [i]));
  let turns = 0;
  let isDone = false;
  const countTurn = (): void => {
    turns += 1;
    if (!isDone) setImmediate(countTurn);
  };
  setImmediate(countTurn);
  const results = await Promise.all(promises);
  isDone = true;
  expect(results.every((result, i) => result === i)).toBe(true);
  // At most 1024 are delivered in one turn.
  expect(turns).toBeGreaterThan(10);
  await pool.run(spin, [1]);
});
