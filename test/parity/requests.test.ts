import { describe, expect, test } from "bun:test";
import {
  DuplicateRequest,
  ThreadPool,
  ThreadPoolError,
  WorkRequest,
  makeRequests,
} from "../../src/index.ts";
import type { RequestID } from "../../src/index.ts";
import { arrivals, newGate, open } from "../pool/fixtures/gate.ts";
import { failWith, halve } from "./fixtures/tasks.ts";
import { add, collectArguments, double, hold } from "../pool/fixtures/tasks.ts";

describe("the arguments of a request", () => {
  test.each([
    ["args alone", [1, 2], {}, [1, 2]],
    ["kwds, when not empty, as the last argument", [1, 2], { wheel: 30 }, [1, 2, { wheel: 30 }]],
    ["kwds without args", [], { wheel: 30 }, [{ wheel: 30 }]],
    ["nothing at all", [], {}, []],
    ["an empty object in args, unlike empty kwds", [{}], {}, [{}]],
    ["several keywords in one object", [0], { a: 1, b: [2] }, [0, { a: 1, b: [2] }]],
  ])("reach the callable: %s", async (_title, args, kwds, expected) => {
    await using pool = new ThreadPool(1);
    const results: unknown[] = [];
    const callback = (_: unknown, result: unknown): void => void results.push(result);
    pool.putRequest(new WorkRequest(collectArguments, args, kwds, { callback }));
    pool.wait();
    expect(results).toEqual([expected]);
  });

  test("are those at the time of the put", async () => {
    await using pool = new ThreadPool(0);
    const results: unknown[] = [];
    const list = ["constructed"];
    const request = new WorkRequest(
      collectArguments,
      [list],
      {},
      { callback: (_, result) => results.push(result) },
    );
    list.push("put");
    pool.putRequest(request);
    list.push("too late");
    pool.createWorkers(1);
    pool.wait();
    expect(results).toEqual([[["constructed", "put"]]]);
  });

  test("come from makeRequests: pairs of a list and keywords are spread, all else is one argument", async () => {
    await using pool = new ThreadPool(1);
    const results: unknown[] = [];
    const argsList = [7, [7, 8], [[7, 8], { wheel: 30 }], [[7, 8], {}], [[7, 8], [9]]];
    const callback = (_: unknown, result: unknown): void => void results.push(result);
    for (const request of makeRequests(collectArguments, argsList, callback))
      pool.putRequest(request);
    pool.wait();
    expect(results).toEqual([[7], [[7, 8]], [7, 8, { wheel: 30 }], [7, 8], [[[7, 8], [9]]]]);
  });
});

describe("a request put again", () => {
  test("is an error once it has failed, also in its own excCallback", async () => {
    await using pool = new ThreadPool(1);
    let again: unknown;
    const request = new WorkRequest(
      failWith,
      ["no"],
      {},
      {
        excCallback: (failed) => {
          if (again !== undefined) return;
          again = "no error";
          try {
            pool.putRequest(failed);
          } catch (error) {
            again = error;
          }
        },
      },
    );
    pool.putRequest(request);
    pool.wait();
    expect(again).toBeInstanceOf(ThreadPoolError);
    expect(() => pool.putRequest(request)).toThrow(/has failed.*request=<WorkRequest id=/);
    expect(pool.workRequests.size).toBe(0);
  });

  test("runs again once it has succeeded, also from its own callback", async () => {
    await using pool = new ThreadPool(1);
    const results: number[] = [];
    const request = new WorkRequest(
      add,
      [1, 2],
      {},
      {
        callback: (succeeded, sum) => {
          results.push(sum);
          if (results.length === 1) pool.putRequest(succeeded);
        },
      },
    );
    pool.putRequest(request);
    pool.wait();
    expect(results).toEqual([3, 3]);
    pool.putRequest(request);
    pool.wait();
    expect(results).toEqual([3, 3, 3]);
  });

  test("is refused while it is pending, and runs once", async () => {
    await using pool = new ThreadPool(0);
    const results: number[] = [];
    const request = new WorkRequest(add, [1, 2], {}, { callback: (_, sum) => results.push(sum) });
    pool.putRequest(request);
    expect(() => pool.putRequest(request)).toThrow(DuplicateRequest);
    pool.createWorkers(1);
    pool.wait();
    expect(results).toEqual([3]);
  });
});

describe("DuplicateRequest", () => {
  const ids: RequestID[] = ["job", 7, 7n, Symbol("job"), NaN];
  test.each(ids.map((id) => [id]))(
    "refuses a second pending request with the ID %p",
    async (requestID) => {
      await using pool = new ThreadPool(0);
      const results: number[] = [];
      const callback = (_: unknown, result: number): void => void results.push(result);
      const first = new WorkRequest(double, [1], {}, { requestID, callback });
      const second = new WorkRequest(double, [2], {}, { requestID, callback });
      pool.putRequest(first);
      expect(() => pool.putRequest(second)).toThrow(DuplicateRequest);
      expect(() => pool.putRequest(second)).toThrow(`requestID=${String(requestID)}`);
      expect([...pool.workRequests.values()]).toEqual([first]);
      pool.createWorkers(1);
      pool.wait();
      expect(results).toEqual([2]);
      // Once the first is delivered its ID is free.
      pool.putRequest(second);
      pool.wait();
      expect(results).toEqual([2, 4]);
    },
  );

  test("tells IDs of different types apart", async () => {
    await using pool = new ThreadPool(1);
    const seen: RequestID[] = [];
    for (const requestID of [5, "5", 5n, Symbol("5"), Symbol("5")]) {
      pool.putRequest(
        new WorkRequest(
          double,
          [1],
          {},
          { requestID, callback: (request) => seen.push(request.requestID) },
        ),
      );
    }
    pool.wait();
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
  });

  test("counts a request that is running, or whose result is not yet delivered", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const gate = newGate();
    pool.putRequest(new WorkRequest(hold, [gate, 1], {}, { requestID: "job" }));
    const second = new WorkRequest(double, [2], {}, { requestID: "job" });
    await arrivals(gate, 1);
    expect(() => pool.putRequest(second)).toThrow(DuplicateRequest);
    open(gate);
    pool.dismissWorkers(1, true);
    expect(() => pool.putRequest(second)).toThrow(DuplicateRequest);
    pool.wait();
    pool.putRequest(second);
    pool.createWorkers(1);
    pool.wait();
  });

  /** Puts five requests under the next five numbers that the pool itself would give. */
  function putUnderNextNumbers(pool: ThreadPool, results: number[]): void {
    const { requestID } = new WorkRequest(double, [0]);
    if (typeof requestID !== "number") throw new TypeError("A default requestID is an integer.");
    const callback = (_: unknown, result: number): void => void results.push(result);
    for (let next = 1; next <= 5; next++) {
      pool.putRequest(
        new WorkRequest(double, [next], {}, { requestID: requestID + next, callback }),
      );
    }
  }

  test("does not hit a request whose ID was left to the pool, whatever numbers others have", async () => {
    await using pool = new ThreadPool(0);
    const results: number[] = [];
    putUnderNextNumbers(pool, results);
    const callback = (_: unknown, result: number): void => void results.push(result);
    for (const request of makeRequests(double, [10, 20, 30], callback)) pool.putRequest(request);
    expect(pool.workRequests.size).toBe(8);
    pool.createWorkers(1);
    pool.wait();
    expect(results).toEqual([2, 4, 6, 8, 10, 20, 40, 60]);
  });

  test("does not let the ID of a run displace a pending request", async () => {
    await using pool = new ThreadPool(0);
    const results: number[] = [];
    putUnderNextNumbers(pool, results);
    const promised = [pool.run(double, [10]), pool.run(double, [20])];
    expect(pool.workRequests.size).toBe(7);
    pool.createWorkers(1);
    pool.wait();
    expect(results).toEqual([2, 4, 6, 8, 10]);
    expect(await Promise.all(promised)).toEqual([20, 40]);
  });
});

describe("a request as a thing of its own", () => {
  test("carries own properties to its callback", async () => {
    await using pool = new ThreadPool(1);
    const seen: unknown[] = [];
    const request = Object.assign(
      new WorkRequest(
        add,
        [1, 2],
        {},
        { callback: (delivered) => seen.push(Reflect.get(delivered, "note")) },
      ),
      { note: "mine" },
    );
    pool.putRequest(request);
    pool.wait();
    expect(seen).toEqual(["mine"]);
  });

  test("says in toString that it has failed", async () => {
    await using pool = new ThreadPool(1);
    const request = new WorkRequest(halve, [3], {}, { requestID: "odd", excCallback: null });
    expect(String(request)).toMatch(
      /^<WorkRequest id=odd args=\[ ?3 ?\] kwargs=\{\} exception=false>$/,
    );
    pool.putRequest(request);
    pool.wait();
    expect(String(request)).toMatch(/^<WorkRequest id=odd .* exception=true>$/);
  });
});
