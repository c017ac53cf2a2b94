import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  CallableError,
  PayloadError,
  ThreadPool,
  WorkRequest,
  makeRequests,
} from "../../src/index.ts";
import {
  change,
  leaveTimer,
  logged,
  reportOnce,
  seen,
  seenAtGate,
  seenAtSecond,
  seenLater,
} from "./fixtures/context-callables.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import { requestContext, userId } from "./fixtures/request-context.ts";
import { echo, fail, thread } from "./fixtures/tasks.ts";
import { fullPool } from "./full-pool.ts";
import { rejection, thrownBy } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const NOT_EXPORTED = new AsyncLocalStorage<number>();

describe("the context of the place that put a request", () => {
  const storage = new AsyncLocalStorage<string>();

  test.each(["poll", "the event loop"])(
    "is there in its callbacks, delivered by %s",
    async (by) => {
      await using pool = new ThreadPool(2, { delivery: by === "poll" ? "manual" : "auto" });
      const seenBy: unknown[] = [];
      const note = (request: WorkRequest): void => {
        seenBy.push([request.args[0], storage.getStore()]);
      };
      for (const id of ["a", "b"]) {
        storage.run(id, () => {
          const [good] = makeRequests(echo, [id], note);
          pool.putRequest(good!);
          pool.putRequest(new WorkRequest(fail, [`${id} failed`], {}, { excCallback: note }));
          pool.putRequest(
            new WorkRequest(fail, [`${id} told`], {}, { callback: note, excCallback: null }),
          );
        });
      }
      pool.putRequest(new WorkRequest(echo, ["outside"], {}, { callback: note }));
      if (by === "poll") storage.run("poll", () => pool.wait());
      else await storage.run("settled", () => pool.settled());
      expect(seenBy).toHaveLength(7);
      expect(new Map(seenBy as [string, unknown][])).toEqual(
        new Map<string, unknown>([
          ["a", "a"],
          ["a failed", "a"],
          ["a told", "a"],
          ["b", "b"],
          ["b failed", "b"],
          ["b told", "b"],
          ["outside", undefined],
        ]),
      );
    },
  );

  test("is there in a callback of a request that a callback puts", async () => {
    await using pool = new ThreadPool(1);
    const seenBy: unknown[] = [];
    const callback = (): void => {
      seenBy.push(storage.getStore());
    };
    storage.run("a", () => {
      pool.putRequest(
        new WorkRequest(
          echo,
          [1],
          {},
          {
            callback: () => {
              callback();
              pool.putRequest(new WorkRequest(echo, [2], {}, { callback }));
            },
          },
        ),
      );
    });
    await pool.settled();
    expect(seenBy).toEqual(["a", "a"]);
  });

  test("is there in onProgress, of run and of runSync", async () => {
    await using pool = new ThreadPool(1);
    const seenBy: unknown[] = [];
    const onProgress = (value: unknown): void => {
      seenBy.push([value, storage.getStore()]);
    };
    const ran = storage.run("a", () => pool.run(reportOnce, [1], { onProgress }));
    await storage.run("b", () => ran);
    storage.run("c", () => pool.runSync(reportOnce, [2], { onProgress }));
    expect(seenBy).toEqual([
      [1, "a"],
      [2, "c"],
    ]);
  });

  test("is there after an await, and in then", async () => {
    await using pool = new ThreadPool(2);
    const look = async (id: string): Promise<unknown[]> => {
      const first = await pool.run(thread).then(() => storage.getStore());
      await pool.broadcast(thread);
      const second = storage.getStore();
      await rejection(pool.run(fail, [id]));
      return [first, second, storage.getStore()];
    };
    const looks = ["a", "b", "c"].map((id) => storage.run(id, () => look(id)));
    expect(await Promise.all(looks)).toEqual(["a", "b", "c"].map((id) => [id, id, id]));
  });

  test("is not there in a callable that runs in the thread of the program, as in a worker", async () => {
    await using full = await fullPool("callerRuns");
    const { pool, gate } = full;
    const ran = storage.run("a", () => requestContext.run({ traceId: "t" }, () => pool.run(seen)));
    expect(await ran).toEqual([undefined, undefined]);
    open(gate);
  });
});

describe("carry", () => {
  const carry = [requestContext, userId];

  test("hands stores to the callable, to what it imports, to its timers and promises", async () => {
    await using pool = new ThreadPool(2, { carry });
    const inContext = async (traceId: string, user: number): Promise<unknown[]> =>
      requestContext.run({ traceId }, () =>
        userId.run(user, () =>
          Promise.all([pool.run(seen), pool.run(logged, ["hello"]), pool.run(seenLater)]),
        ),
      );
    const looks = Array.from({ length: 20 }, (_, i) => inContext(`t${i}`, i));
    expect(await Promise.all(looks)).toEqual(
      looks.map((_, i) => [[`t${i}`, i], `[t${i}] hello`, Array(4).fill(`t${i}`)]),
    );
    expect(await pool.run(seen)).toEqual([undefined, undefined]);
  });

  test("is an option of one request too, which stands in place of the pool's", async () => {
    await using pool = new ThreadPool(1, { carry: [requestContext] });
    await requestContext.run({ traceId: "t" }, () =>
      userId.run(7, async () => {
        expect(await pool.run(seen)).toEqual(["t", undefined]);
        expect(await pool.run(seen, [], { carry: [userId] })).toEqual([undefined, 7]);
        expect(await pool.run(seen, [], { carry })).toEqual(["t", 7]);
        expect(await pool.run(seen, [], { carry: [] })).toEqual([undefined, undefined]);
        expect(pool.runSync(seen, [], { carry })).toEqual(["t", 7]);
        expect(await pool.broadcast(seen, [], { carry })).toEqual([["t", 7]]);
      }),
    );
  });

  test("is there for requests of putRequest, whatever their requestID", async () => {
    await using pool = new ThreadPool(1, { carry });
    const results: unknown[] = [];
    const callback = (_: unknown, result: unknown): void => {
      results.push(result);
    };
    requestContext.run({ traceId: "t" }, () => {
      pool.putRequest(new WorkRequest(seen, [], {}, { callback }));
      pool.putRequest(new WorkRequest(seen, [], {}, { callback, requestID: "name" }));
      pool.putRequest(new WorkRequest(logged, ["a"], {}, { callback, requestID: Symbol("s") }));
    });
    await pool.settled();
    expect(results).toEqual([["t", undefined], ["t", undefined], "[t] a"]);
  });

  test("keeps several runs of one worker apart, and a timer that a run has left", async () => {
    await using pool = new ThreadPool(1, { carry, concurrencyPerWorker: 3 });
    const gate = newGate();
    const runs = ["a", "b", "c"].map((traceId) =>
      requestContext.run({ traceId }, () => pool.run(seenAtGate, [gate])),
    );
    await arrivals(gate, 3);
    open(gate);
    expect(await Promise.all(runs)).toEqual(["a", "b", "c"]);
    const left = newGate();
    await requestContext.run({ traceId: "left" }, () => pool.run(leaveTimer, [left, "left"]));
    const other = requestContext.run({ traceId: "other" }, () => pool.run(seenLater));
    await arrivals(left, 1);
    expect(await other).toEqual(Array(4).fill("other"));
  });

  test("reaches every item of a collection, and onProgress has the context of its put", async () => {
    await using pool = new ThreadPool(2, { carry });
    const items = Array.from({ length: 300 }, (_, i) => `${i}`);
    const contexts = new Set<unknown>();
    const onProgress = (): void => {
      contexts.add(requestContext.getStore()?.traceId);
    };
    const lines = (traceId: string): string[] => items.map((item) => `[${traceId}] ${item}`);
    const mapped = requestContext.run({ traceId: "a" }, () =>
      pool.map(logged, items, { onProgress }),
    );
    const taken = requestContext.run({ traceId: "b" }, () =>
      pool.imap(logged, items, { carry: [requestContext], buffer: 7 }),
    );
    expect(await mapped).toEqual(lines("a"));
    expect(await Array.fromAsync(taken)).toEqual(lines("b"));
    expect(requestContext.run({ traceId: "c" }, () => pool.mapSync(logged, items))).toEqual(
      lines("c"),
    );
    expect([...contexts]).toEqual(["a"]);
  });

  test("copies the store as it is when the request is put", async () => {
    await using pool = new ThreadPool(1, { carry });
    const store = { traceId: "before", tags: ["x"] };
    const ran = requestContext.run(store, () => pool.run(change));
    store.traceId = "after";
    expect(await ran).toEqual({ traceId: "changed", tags: ["x"] });
    expect(store.traceId).toBe("after");
  });

  test("is there in each attempt", async () => {
    await using pool = new ThreadPool(1, { carry, retries: 1 });
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const ran = requestContext.run({ traceId: "t" }, () => pool.run(seenAtSecond, [cell]));
    expect(await ran).toBe("t");
    expect(cell[0]).toBe(2);
  });

  test("is there where the program's thread runs the request, as a copy", async () => {
    await using full = await fullPool("callerRuns");
    const { pool, gate } = full;
    const store = { traceId: "t" };
    const ran = requestContext.run(store, () => pool.run(change, [], { carry }));
    expect(await ran).toEqual({ traceId: "changed" });
    expect(store.traceId).toBe("t");
    open(gate);
  });
});

describe("carry refuses", () => {
  test("a storage that no module exports, and says to export it", async () => {
    await using pool = new ThreadPool(1, { carry: [NOT_EXPORTED] });
    const error = (await rejection(pool.run(thread))) as CallableError;
    expect(error).toBeInstanceOf(CallableError);
    expect(error.message).toContain("No module exports this AsyncLocalStorage");
    expect(error.message).toContain("Export it from a module of its own");
    expect(pool.stats().put).toBe(0);
  });

  test("a store that cannot cross, and names its path", async () => {
    await using pool = new ThreadPool(1, { carry: [userId, requestContext] });
    const store = { traceId: "t", user: { save: () => {} } };
    const error = (await rejection(
      requestContext.run(store, () => pool.run(thread)),
    )) as PayloadError;
    expect(error).toBeInstanceOf(PayloadError);
    expect(error.path).toBe("carry[1].user.save");
    expect(pool.stats().put).toBe(0);
  });

  test("what is no array of storages", () => {
    const wrong = (value: unknown): unknown =>
      thrownBy(() => new ThreadPool(1, { carry: value as [] }));
    for (const value of [requestContext, [{}], "a", [null]]) {
      expect(wrong(value)).toBeInstanceOf(TypeError);
      expect(String(wrong(value))).toContain("carry is an array of AsyncLocalStorage");
    }
  });
});
