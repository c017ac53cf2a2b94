import { describe, expect, test } from "bun:test";
import { ThreadPool, WorkRequest, makeRequests } from "../../src/index.ts";
import type { ExcInfo } from "../../src/index.ts";
import { runScript } from "../pool/script.ts";
import { ascending } from "../pool/fixtures/ascending.ts";
import { failWith, halve, throwText } from "./fixtures/tasks.ts";
import { add, double } from "../pool/fixtures/tasks.ts";

/** Runs a request that fails, and returns what its excCallback is told. */
function excInfoOf(
  pool: ThreadPool,
  request: (told: (excInfo: ExcInfo) => void) => WorkRequest,
): ExcInfo {
  let told: ExcInfo | undefined;
  pool.putRequest(request((excInfo) => (told = excInfo)));
  pool.wait();
  if (told === undefined) throw new Error("The excCallback was not called.");
  return told;
}

describe("callback", () => {
  test("is called with the very request that was put, and its result", async () => {
    await using pool = new ThreadPool(1);
    const calls: [WorkRequest, number][] = [];
    const request = new WorkRequest(
      add,
      [1, 2],
      {},
      { callback: (...call) => void calls.push(call) },
    );
    pool.putRequest(request);
    pool.wait();
    expect(calls).toEqual([[request, 3]]);
    expect(calls[0]?.[0]).toBe(request);
    expect(request.exception).toBe(false);
  });

  test.each([null, undefined])("may be left out: %p", async (callback) => {
    await using pool = new ThreadPool(1);
    pool.putRequest(new WorkRequest(add, [1, 2], {}, { callback }));
    pool.wait();
    expect(pool.workRequests.size).toBe(0);
  });

  test("sees the requests that are still pending, and not its own", async () => {
    await using pool = new ThreadPool(1);
    const pendingSeen: number[] = [];
    const callback = (): void => void pendingSeen.push(pool.workRequests.size);
    for (const request of makeRequests(double, [1, 2, 3], callback)) pool.putRequest(request);
    pool.wait();
    expect(pendingSeen).toEqual([2, 1, 0]);
  });

  test("may put requests, which the same wait delivers", async () => {
    await using pool = new ThreadPool(2);
    const results: number[] = [];
    const callback = (_: unknown, result: number): void => {
      results.push(result);
      if (result < 1000) pool.putRequest(new WorkRequest(double, [result], {}, { callback }));
    };
    pool.putRequest(new WorkRequest(double, [1], {}, { callback }));
    pool.wait();
    expect(results).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]);
  });

  test("may put requests also when the event loop delivers", async () => {
    await using pool = new ThreadPool(1);
    const { promise, resolve } = Promise.withResolvers<number>();
    const callback = (_: unknown, result: number): void => {
      if (result === 8) resolve(result);
      else pool.putRequest(new WorkRequest(double, [result], {}, { callback }));
    };
    pool.putRequest(new WorkRequest(double, [1], {}, { callback }));
    expect(await promise).toBe(8);
  });
});

describe("excCallback", () => {
  test("set: is called with the request and the excInfo, and callback never is", async () => {
    await using pool = new ThreadPool(2);
    const results: number[] = [];
    const failures: [WorkRequest, ExcInfo][] = [];
    const requests = makeRequests(
      halve,
      [2, 3, 4, 5],
      (_, result) => void results.push(result),
      (...call) => void failures.push(call),
    );
    for (const request of requests) pool.putRequest(request);
    pool.wait();
    expect(results.sort(ascending)).toEqual([1, 2]);
    expect(failures.map(([request]) => Number(request.args[0])).sort(ascending)).toEqual([3, 5]);
    expect(requests.map(({ exception }) => exception)).toEqual([false, true, false, true]);
    for (const [request, [typeName]] of failures) {
      expect(requests.some((put) => put === request)).toBe(true);
      expect(typeName).toBe("OutOfRange");
    }
  });

  test("set: sees request.exception true already", async () => {
    await using pool = new ThreadPool(1);
    const seen: boolean[] = [];
    const request = new WorkRequest(
      failWith,
      ["no"],
      {},
      { excCallback: (failed) => void seen.push(failed.exception) },
    );
    expect(request.exception).toBe(false);
    pool.putRequest(request);
    expect(request.exception).toBe(false);
    pool.wait();
    expect(seen).toEqual([true]);
  });

  test("null: callback is called with the request and the excInfo, request.exception being true", async () => {
    await using pool = new ThreadPool(1);
    const calls: [boolean, unknown][] = [];
    const requests = makeRequests(
      halve,
      [4, 3],
      ({ exception }, result) => void calls.push([exception, result]),
      null,
    );
    for (const request of requests) pool.putRequest(request);
    pool.wait();
    expect(calls).toEqual([
      [false, 2],
      [true, ["OutOfRange", expect.any(RangeError), expect.stringContaining("odd=3")]],
    ]);
  });

  test("null, without a callback: a failure is silent, and settles its request", async () => {
    await using pool = new ThreadPool(1);
    const request = new WorkRequest(failWith, ["unheard"], {}, { excCallback: null });
    pool.putRequest(request);
    pool.wait();
    expect(request.exception).toBe(true);
    expect(pool.workRequests.size).toBe(0);
  });

  test("left out: prints the traceback to standard error, and calls no callback", async () => {
    const script = new URL("./fixtures/print-traceback.ts", import.meta.url);
    const { lines, stderr, exitCode } = await runScript(script);
    expect(lines).toEqual(["callback 1", "exception true"]);
    expect(stderr).toMatch(/^OutOfRange: odd=3\n[\s\S]*\s+at halve \(.*tasks\.ts:\d+:\d+\)/);
    expect(stderr).toContain("print-traceback.ts");
    expect(stderr.match(/odd=3/g)).toHaveLength(1);
    expect(exitCode).toBe(0);
  });
});

describe("excInfo", () => {
  test("is the type's name, the error itself, and the traceback as text", async () => {
    await using pool = new ThreadPool(1);
    const excInfo = excInfoOf(
      pool,
      (told) =>
        new WorkRequest(failWith, ["too far"], {}, { excCallback: (_, info) => told(info) }),
    );
    expect(excInfo).toHaveLength(3);
    const [typeName, error, traceback] = excInfo;
    expect(typeName).toBe("OutOfRange");
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toBe("too far");
    expect(traceback).toStartWith("OutOfRange: too far\n");
  });

  test("has in its traceback where the callable failed, then where the request was put", async () => {
    await using pool = new ThreadPool(1);
    const [, , traceback] = excInfoOf(
      pool,
      (told) => new WorkRequest(failWith, ["here"], {}, { excCallback: (_, info) => told(info) }),
    );
    const failedAt = traceback.search(/at failWith \(.*tasks\.ts:\d+:\d+\)/);
    const putAt = traceback.search(/callbacks\.test\.ts:\d+:\d+/);
    expect(failedAt).toBeGreaterThan(0);
    expect(putAt).toBeGreaterThan(failedAt);
  });

  test("holds what was thrown also when that is no error", async () => {
    await using pool = new ThreadPool(1);
    const excInfo = excInfoOf(
      pool,
      (told) => new WorkRequest(throwText, ["oops"], {}, { excCallback: (_, info) => told(info) }),
    );
    expect(excInfo).toEqual(["string", "oops", expect.stringContaining("oops")]);
  });
});

describe("a callback that throws", () => {
  const throwingCallback = new URL("./fixtures/throwing-callback.ts", import.meta.url);
  const kinds: [string, (thrower: () => never) => WorkRequest][] = [
    ["callback", (callback) => new WorkRequest(add, [1, 2], {}, { callback })],
    ["excCallback", (excCallback) => new WorkRequest(failWith, ["no"], {}, { excCallback })],
    [
      "callback of a failure",
      (callback) => new WorkRequest(failWith, ["no"], {}, { callback, excCallback: null }),
    ],
  ];
  for (const [kind, makeRequest] of kinds) {
    for (const method of ["poll", "wait"] as const) {
      test(`propagates out of ${method} after its request is settled, and the rest remains: ${kind}`, async () => {
        await using pool = new ThreadPool(1, { delivery: "manual" });
        const results: number[] = [];
        const callback = (_: unknown, result: number): void => void results.push(result);
        const mishap = new Error("mishap");
        const thrower = makeRequest(() => {
          throw mishap;
        });
        const before = new WorkRequest(double, [1], {}, { callback });
        const after = new WorkRequest(double, [2], {}, { callback });
        for (const request of [before, thrower, after]) pool.putRequest(request);
        const deliver = method === "wait" ? () => pool.wait() : () => pool.poll(true);
        expect(deliver).toThrow(mishap);
        expect(results).toEqual([2]);
        expect([...pool.workRequests.values()]).toEqual([after]);
        pool.wait();
        expect(results).toEqual([2, 4]);
      });
    }
  }

  test("throws each time one does, and no result is lost", async () => {
    await using pool = new ThreadPool(2, { delivery: "manual" });
    const delivered: number[] = [];
    const callback = (_: unknown, result: number): void => {
      delivered.push(result);
      throw new Error("each time");
    };
    const values = Array.from({ length: 20 }, (_, i) => i);
    for (const request of makeRequests(double, values, callback)) pool.putRequest(request);
    let thrown = 0;
    while (pool.workRequests.size > 0) {
      try {
        pool.wait();
      } catch {
        thrown += 1;
      }
    }
    expect(thrown).toBe(20);
    expect(delivered.sort(ascending)).toEqual(values.map((value) => value * 2));
  });

  test("does not keep another from being delivered by the event loop", async () => {
    const { lines, exitCode } = await runScript(throwingCallback);
    expect(lines.map(String).toSorted()).toEqual([
      "delivered 2",
      "delivered 4",
      "delivered 6",
      "uncaught mishap at 4",
    ]);
    expect(exitCode).toBe(0);
  });

  test("ends a process that does not catch what the event loop reports", async () => {
    const { stderr, exitCode } = await runScript(throwingCallback, "unhandled");
    expect(stderr).toContain("mishap at 4");
    expect(exitCode).toBe(1);
  });
});
