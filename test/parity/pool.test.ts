import { describe, expect, test } from "bun:test";
import { NoResultsPending, ThreadPool, WorkRequest, makeRequests } from "../../src/index.ts";
import { ascending } from "../pool/fixtures/ascending.ts";
import { arrivals, newGate, open } from "../pool/fixtures/gate.ts";
import { addLater, meet } from "./fixtures/tasks.ts";
import { add, double, hold } from "../pool/fixtures/tasks.ts";
import { turn } from "../pool/turns.ts";

describe("a pool", () => {
  test("runs the module's own usage example", async () => {
    await using pool = new ThreadPool(4);
    const results = new Map<unknown, number>();
    const requests = makeRequests(double, [1, 2, 3], (request, result) => {
      results.set(request.requestID, result);
    });
    for (const request of requests) pool.putRequest(request);
    pool.wait();
    expect(requests.map(({ requestID }) => results.get(requestID))).toEqual([2, 4, 6]);
  });

  test("starts as many workers as it is told, all running, each with an id of its own", async () => {
    await using pool = new ThreadPool(3);
    expect(pool.workers.map(({ state }) => state)).toEqual(["running", "running", "running"]);
    expect(new Set(pool.workers.map(({ id }) => id)).size).toBe(3);
    expect(pool.dismissedWorkers).toEqual([]);
  });

  test("may have no worker at all", async () => {
    await using pool = new ThreadPool(0);
    expect(pool.workers).toEqual([]);
  });

  test("runs requests side by side, one in each worker", async () => {
    await using pool = new ThreadPool(3);
    const results: boolean[] = [];
    const gate = newGate();
    for (const _ of pool.workers) {
      pool.putRequest(
        new WorkRequest(meet, [gate, 3], {}, { callback: (_request, met) => results.push(met) }),
      );
    }
    pool.wait();
    expect(results).toEqual([true, true, true]);
  });

  test("leaves no worker asleep beside a queued request, whenever that is put", async () => {
    await using pool = new ThreadPool(2, { delivery: "manual" });
    let met = 0;
    const callback = (): void => void (met += 1);
    for (let round = 0; round < 2000; round++) {
      // Each of the two waits for the other, so one worker alone would not get through. The growing
      // pause lets the puts fall on all stages of falling asleep.
      for (let i = 0; i < round; i++) Atomics.pause();
      const gate = newGate();
      for (let i = 0; i < 2; i++) {
        pool.putRequest(new WorkRequest(meet, [gate, 2], {}, { callback }));
      }
      pool.wait();
      if (met !== 2 * (round + 1)) break;
    }
    expect(met).toBe(4000);
  });

  test("takes the oldest request first", async () => {
    await using pool = new ThreadPool(1);
    const results: number[] = [];
    const inOrder = Array.from({ length: 300 }, (_, i) => i);
    for (const request of makeRequests(double, inOrder, (_request, result) => results.push(result)))
      pool.putRequest(request);
    pool.wait();
    expect(results).toEqual(inOrder.map((i) => i * 2));
  });

  test("takes more requests than its queue in shared memory holds", async () => {
    await using pool = new ThreadPool(2);
    let sum = 0;
    const count = 5000;
    for (let i = 0; i < count; i++) {
      pool.putRequest(
        new WorkRequest(add, [i, 1], {}, { callback: (_, result) => (sum += result) }),
      );
    }
    pool.wait();
    expect(sum).toBe((count * (count + 1)) / 2);
  });

  test("awaits what an asynchronous callable returns", async () => {
    await using pool = new ThreadPool(1);
    const results: number[] = [];
    pool.putRequest(
      new WorkRequest(addLater, [1, 2], {}, { callback: (_, sum) => results.push(sum) }),
    );
    pool.wait();
    expect(results).toEqual([3]);
  });
});

describe("workRequests", () => {
  test("maps each requestID to its request from the put until the delivery", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const gate = newGate();
    const held = new WorkRequest(hold, [gate, 1], {}, { requestID: "held" });
    const next = new WorkRequest(add, [1, 2]);
    pool.putRequest(held);
    pool.putRequest(next);
    expect([...pool.workRequests]).toEqual([
      ["held", held],
      [next.requestID, next],
    ]);
    expect(pool.workRequests.get("held")).toBe(held);
    open(gate);
    pool.wait();
    expect(pool.workRequests.size).toBe(0);
    expect([...pool.workRequests.keys()]).toEqual([]);
  });

  test("still lists a request whose result has come but is not yet delivered", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const listed: boolean[] = [];
    const second = new WorkRequest(add, [3, 4]);
    const callback = (): void => void listed.push(pool.workRequests.has(second.requestID));
    const first = new WorkRequest(add, [1, 2], {}, { callback });
    pool.putRequest(first);
    pool.putRequest(second);
    pool.wait();
    expect(listed).toEqual([true]);
  });
});

describe("createWorkers", () => {
  test("adds workers at any time, and they take what is queued", async () => {
    await using pool = new ThreadPool(0);
    const results: number[] = [];
    for (const request of makeRequests(double, [1, 2], (_, result) => results.push(result)))
      pool.putRequest(request);
    pool.createWorkers(1);
    pool.createWorkers(2);
    expect(pool.workers).toHaveLength(3);
    pool.wait();
    expect(results.sort(ascending)).toEqual([2, 4]);
  });

  test("adds workers while the others are busy", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const results: number[] = [];
    const callback = (_: unknown, result: number): void => {
      results.push(result);
      open(gate);
    };
    pool.putRequest(new WorkRequest(hold, [gate, 1], {}, { callback }));
    await arrivals(gate, 1);
    pool.putRequest(new WorkRequest(double, [1], {}, { callback }));
    // The only worker waits for the second request to be delivered: another one has to run it.
    pool.createWorkers(1);
    pool.wait();
    expect(results).toEqual([2, 1]);
  });

  test("may be called in a callback", async () => {
    await using pool = new ThreadPool(1);
    const results: boolean[] = [];
    const gate = newGate();
    const callback = (): void => {
      pool.createWorkers(1);
      for (const request of [1, 2].map(
        () => new WorkRequest(meet, [gate, 2], {}, { callback: (_, met) => results.push(met) }),
      ))
        pool.putRequest(request);
    };
    pool.putRequest(new WorkRequest(add, [1, 2], {}, { callback }));
    pool.wait();
    expect(results).toEqual([true, true]);
  });
});

describe("poll", () => {
  test("throws NoResultsPending when nothing was put", async () => {
    await using pool = new ThreadPool(1);
    expect(() => pool.poll()).toThrow(NoResultsPending);
    expect(() => pool.poll(true)).toThrow(NoResultsPending);
  });

  test("throws NoResultsPending in the very call that delivers the last result", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const results: number[] = [];
    pool.putRequest(new WorkRequest(add, [1, 2], {}, { callback: (_, sum) => results.push(sum) }));
    const resultsSeen: number[] = [];
    let thrown: unknown;
    while (thrown === undefined) {
      try {
        pool.poll();
        resultsSeen.push(results.length);
      } catch (error) {
        thrown = error;
      }
      await turn();
    }
    expect(thrown).toBeInstanceOf(NoResultsPending);
    expect(results).toEqual([3]);
    expect(resultsSeen.every((seen) => seen === 0)).toBe(true);
  });

  test("delivers what is at hand, and returns while the rest is pending", async () => {
    await using pool = new ThreadPool(2, { delivery: "manual" });
    const gate = newGate();
    const results: number[] = [];
    const callback = (_: unknown, result: number): void => void results.push(result);
    const held = new WorkRequest(hold, [gate, 1], {}, { callback });
    pool.putRequest(held);
    pool.putRequest(new WorkRequest(double, [2], {}, { callback }));
    pool.putRequest(new WorkRequest(double, [3], {}, { callback }));
    while (results.length < 2) {
      pool.poll();
      await turn();
    }
    expect(results).toEqual([4, 6]);
    expect([...pool.workRequests.values()]).toEqual([held]);
    open(gate);
    pool.wait();
    expect(results).toEqual([4, 6, 1]);
  });

  test("does not wait without block", async () => {
    await using pool = new ThreadPool(1, { delivery: "manual" });
    const gate = newGate();
    pool.putRequest(new WorkRequest(hold, [gate, 1]));
    await arrivals(gate, 1);
    // The gate opens only after this call: if it waited, it would wait for ever.
    expect(pool.poll()).toBeUndefined();
    expect(pool.workRequests.size).toBe(1);
    open(gate);
    pool.wait();
  });

  test("with block goes on until nothing is pending, then throws NoResultsPending", async () => {
    await using pool = new ThreadPool(2);
    const results: number[] = [];
    for (const request of makeRequests(double, [1, 2, 3, 4], (_, result) => results.push(result)))
      pool.putRequest(request);
    expect(() => pool.poll(true)).toThrow(NoResultsPending);
    expect(results.sort(ascending)).toEqual([2, 4, 6, 8]);
  });

  test("may be called by a callback, which then delivers the others", async () => {
    await using pool = new ThreadPool(1);
    const results: number[] = [];
    const callback = (_: unknown, result: number): void => {
      results.push(result);
      pool.wait();
    };
    for (const request of makeRequests(double, [1, 2, 3], callback)) pool.putRequest(request);
    pool.wait();
    expect(results).toEqual([2, 4, 6]);
  });
});

describe("wait", () => {
  test("returns when every result is delivered, and swallows NoResultsPending", async () => {
    await using pool = new ThreadPool(2);
    const results: number[] = [];
    for (const request of makeRequests(double, [1, 2], (_, result) => results.push(result)))
      pool.putRequest(request);
    expect(pool.wait()).toBeUndefined();
    expect(results.sort(ascending)).toEqual([2, 4]);
  });

  test("returns at once when nothing is pending, however often it is called", async () => {
    await using pool = new ThreadPool(1);
    pool.wait();
    pool.putRequest(new WorkRequest(add, [1, 2]));
    pool.wait();
    pool.wait();
    expect(pool.workRequests.size).toBe(0);
  });

  test("leaves a pool that takes requests again", async () => {
    await using pool = new ThreadPool(1);
    const results: number[] = [];
    for (const round of [1, 2, 3]) {
      for (const request of makeRequests(double, [round], (_, result) => results.push(result)))
        pool.putRequest(request);
      pool.wait();
    }
    expect(results).toEqual([2, 4, 6]);
  });
});
