import { describe, expect, test } from "bun:test";
import {
  NoResultsPending,
  NoWorkersAvailable,
  QueueFull,
  ThreadPool,
  WorkRequest,
  makeRequests,
} from "../../src/index.ts";
import { ascending } from "../pool/fixtures/ascending.ts";
import {
  arrivals,
  arrivalsSync,
  arrivedAt,
  newGate,
  open,
  passedAt,
} from "../pool/fixtures/gate.ts";
import type { Gate } from "../pool/fixtures/gate.ts";
import { countAtGiven, giveGate, holdAtGiven } from "./fixtures/tasks.ts";
import { add, double, hold } from "../pool/fixtures/tasks.ts";

/** Leaves a gate in each worker, so that later requests need no shared memory among their arguments. */
function shareGate(pool: ThreadPool): Gate {
  const [gate, meeting] = [newGate(), newGate()];
  const workers = pool.workers.length;
  for (const _ of pool.workers) {
    pool.putRequest(new WorkRequest(giveGate, [gate, meeting, workers]));
  }
  pool.wait();
  return gate;
}

/** Gives other threads every chance to go on, by work and not by time: round trips through another pool. */
function giveChances(): void {
  using other = new ThreadPool(2);
  for (let i = 0; i < 300; i++) other.runSync(add, [i, 1]);
}

describe("qSize", () => {
  test("0 is no bound", async () => {
    await using pool = new ThreadPool(0, { qSize: 0 });
    let delivered = 0;
    for (let i = 0; i < 3000; i++) {
      pool.putRequest(
        new WorkRequest(double, [i], {}, { callback: () => (delivered += 1) }),
        false,
      );
    }
    pool.createWorkers(1);
    pool.wait();
    expect(delivered).toBe(3000);
  });

  test("makes a put into a full queue throw QueueFull at once when block is false", async () => {
    await using pool = new ThreadPool(0, { qSize: 2 });
    const refused = new WorkRequest(double, [3]);
    for (const request of makeRequests(double, [1, 2])) pool.putRequest(request, false);
    expect(() => pool.putRequest(refused, false)).toThrow(QueueFull);
    // If it waited, it would wait for longer than any test may take.
    expect(() => pool.putRequest(refused, false, 1e9)).toThrow(/qSize=2$/);
    expect(pool.workRequests.has(refused.requestID)).toBe(false);
    pool.createWorkers(1);
    pool.wait();
    pool.putRequest(refused, false);
    pool.wait();
  });

  test("makes a put give up with QueueFull after timeoutMs, and not before", async () => {
    await using pool = new ThreadPool(1, { qSize: 1, delivery: "manual" });
    const gate = newGate();
    pool.putRequest(new WorkRequest(hold, [gate, 1]));
    await arrivals(gate, 1);
    pool.putRequest(new WorkRequest(double, [2]));
    const refused = new WorkRequest(double, [3]);
    const startedAt = performance.now();
    expect(() => pool.putRequest(refused, true, 30)).toThrow(QueueFull);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(30);
    expect(() => pool.putRequest(refused, true, 0)).toThrow(QueueFull);
    expect(pool.workRequests.has(refused.requestID)).toBe(false);
    open(gate);
    pool.putRequest(refused, true, 1e9);
    pool.wait();
    expect(refused.exception).toBe(false);
  });

  test("makes a put wait for room", async () => {
    await using pool = new ThreadPool(1, { qSize: 1, delivery: "manual" });
    const results: number[] = [];
    const values = Array.from({ length: 200 }, (_, i) => i);
    const requests = makeRequests(double, values, (_, result) => results.push(result));
    for (const request of requests) pool.putRequest(request);
    // Not one callback so far: that is for poll and wait.
    expect(results).toEqual([]);
    pool.wait();
    expect(results).toEqual(values.map((value) => value * 2));
  });

  test("counts what is not yet claimed: a claim makes room, a completion is not needed", async () => {
    await using pool = new ThreadPool(1, { qSize: 1, delivery: "manual" });
    const gate = newGate();
    const first = new WorkRequest(hold, [gate, 1]);
    const second = new WorkRequest(hold, [gate, 2]);
    const third = new WorkRequest(hold, [gate, 3]);
    pool.putRequest(first);
    await arrivals(gate, 1);
    pool.putRequest(second, false);
    expect(() => pool.putRequest(third, false)).toThrow(QueueFull);
    pool.createWorkers(1);
    // The new worker claims the second request, and then waits at the gate like the first.
    pool.putRequest(third);
    await arrivals(gate, 2);
    expect(passedAt(gate)).toBe(0);
    expect(pool.workRequests.size).toBe(3);
    open(gate);
    pool.wait();
    expect(passedAt(gate)).toBe(3);
  });

  test("does not count results that are not yet delivered", async () => {
    await using pool = new ThreadPool(1, { qSize: 2, delivery: "manual" });
    const gate = shareGate(pool);
    for (const request of makeRequests(countAtGiven, [1, 2])) pool.putRequest(request, false);
    arrivalsSync(gate, 2);
    for (const request of makeRequests(countAtGiven, [3, 4])) pool.putRequest(request, false);
    arrivalsSync(gate, 4);
    expect(pool.workRequests.size).toBe(4);
    pool.wait();
  });

  test("holds for puts inside callbacks too, which wait for room like any other", async () => {
    await using pool = new ThreadPool(1, { qSize: 1 });
    let delivered = 0;
    const callback = (_: unknown, result: number): void => {
      delivered += 1;
      if (result >= 16) return;
      for (let i = 0; i < 2; i++)
        pool.putRequest(new WorkRequest(double, [result], {}, { callback }));
    };
    pool.putRequest(new WorkRequest(double, [1], {}, { callback }));
    pool.wait();
    expect(delivered).toBe(1 + 2 + 4 + 8);
  });

  test("has a put with a limit give up with QueueFull when no worker is left to make room", async () => {
    await using pool = new ThreadPool(0, { qSize: 1 });
    pool.putRequest(new WorkRequest(double, [1]));
    expect(() => pool.putRequest(new WorkRequest(double, [2]), true, 5)).toThrow(QueueFull);
    pool.createWorkers(1);
    pool.wait();
  });

  test("does not make a put wait for ever when no worker is left to make room", async () => {
    await using pool = new ThreadPool(0, { qSize: 1 });
    pool.putRequest(new WorkRequest(double, [1]));
    expect(() => pool.putRequest(new WorkRequest(double, [2]))).toThrow(NoWorkersAvailable);
    pool.createWorkers(1);
    pool.putRequest(new WorkRequest(double, [2]));
    pool.wait();
  });
});

describe("resqSize", () => {
  const bounds: [resqSize: number, workers: number][] = [
    [1, 1],
    [3, 2],
    [2, 3],
  ];
  test.each(bounds)(
    "of %d lets %d workers run no more than the sum without a poll",
    async (resqSize, workers) => {
      await using pool = new ThreadPool(workers, { resqSize, delivery: "manual" });
      const gate = shareGate(pool);
      const results: number[] = [];
      const values = Array.from({ length: 20 }, (_, i) => i);
      for (const request of makeRequests(countAtGiven, values, (_, result) => results.push(result)))
        pool.putRequest(request);
      arrivalsSync(gate, resqSize + workers);
      giveChances();
      expect(arrivedAt(gate)).toBe(resqSize + workers);
      pool.wait();
      expect(arrivedAt(gate)).toBe(20);
      expect(results.sort(ascending)).toEqual(values);
    },
  );

  test("holds while the event loop turns, if delivery is manual", async () => {
    await using pool = new ThreadPool(1, { resqSize: 2, delivery: "manual" });
    await using other = new ThreadPool(1);
    const gate = shareGate(pool);
    for (const request of makeRequests(countAtGiven, [1, 2, 3, 4, 5, 6])) pool.putRequest(request);
    await arrivals(gate, 3);
    for (let i = 0; i < 100; i++) await other.run(add, [i, 1]);
    expect(arrivedAt(gate)).toBe(3);
    pool.wait();
    expect(arrivedAt(gate)).toBe(6);
  });

  test("holds in automatic delivery too, while the event loop stands still", async () => {
    await using pool = new ThreadPool(1, { resqSize: 2 });
    const gate = shareGate(pool);
    for (const request of makeRequests(countAtGiven, [1, 2, 3, 4, 5, 6])) pool.putRequest(request);
    arrivalsSync(gate, 3);
    giveChances();
    expect(arrivedAt(gate)).toBe(3);
    await pool.settled();
    expect(arrivedAt(gate)).toBe(6);
  });

  test("makes room for as many again as each poll delivers", async () => {
    await using pool = new ThreadPool(1, { resqSize: 1, delivery: "manual" });
    const gate = shareGate(pool);
    let delivered = 0;
    for (let i = 0; i < 50; i++) {
      const callback = (): void => void (delivered += 1);
      pool.putRequest(new WorkRequest(countAtGiven, [i], {}, { callback }));
    }
    while (pool.workRequests.size > 0) {
      try {
        pool.poll();
      } catch (error) {
        expect(error).toBeInstanceOf(NoResultsPending);
      }
      expect(arrivedAt(gate)).toBeLessThanOrEqual(delivered + 2);
    }
    expect(delivered).toBe(50);
  });

  test("0 is no bound: all requests run without a poll", async () => {
    await using pool = new ThreadPool(2, { resqSize: 0, delivery: "manual" });
    const gate = shareGate(pool);
    for (let i = 0; i < 500; i++) pool.putRequest(new WorkRequest(countAtGiven, [i]));
    arrivalsSync(gate, 500);
    expect(pool.workRequests.size).toBe(500);
    pool.wait();
  });

  test("grows and shrinks with the number of workers", async () => {
    await using pool = new ThreadPool(1, { resqSize: 1, delivery: "manual" });
    const gate = shareGate(pool);
    for (let i = 0; i < 10; i++) pool.putRequest(new WorkRequest(countAtGiven, [i]));
    arrivalsSync(gate, 2);
    pool.createWorkers(1);
    pool.wait();
    pool.dismissWorkers(1, true);
    const before = arrivedAt(gate);
    for (let i = 0; i < 10; i++) pool.putRequest(new WorkRequest(countAtGiven, [i]));
    arrivalsSync(gate, before + 2);
    giveChances();
    expect(arrivedAt(gate)).toBe(before + 2);
    pool.wait();
  });
});

describe("qSize and resqSize together", () => {
  for (const workers of [1, 2, 3]) {
    for (const qSize of [1, 2]) {
      for (const resqSize of [1, 2]) {
        test(`cannot deadlock: workers=${workers} qSize=${qSize} resqSize=${resqSize}`, async () => {
          await using pool = new ThreadPool(workers, { qSize, resqSize, delivery: "manual" });
          const results: number[] = [];
          const values = Array.from({ length: 60 }, (_, i) => i);
          const requests = makeRequests(double, values, (_, result) => results.push(result));
          for (const request of requests) pool.putRequest(request);
          pool.wait();
          expect(results.sort(ascending)).toEqual(values.map((value) => value * 2));
        });
      }
    }
  }

  test("cannot deadlock when callbacks put requests, the workers being changed meanwhile", async () => {
    await using pool = new ThreadPool(2, { qSize: 1, resqSize: 1 });
    let delivered = 0;
    const callback = (_: unknown, result: number): void => {
      delivered += 1;
      if (delivered % 10 === 0) pool.createWorkers(1);
      if (delivered % 10 === 5 && pool.workers.length > 1) pool.dismissWorkers(1);
      if (result >= 64) return;
      for (let i = 0; i < 2; i++)
        pool.putRequest(new WorkRequest(double, [result], {}, { callback }));
    };
    pool.putRequest(new WorkRequest(double, [1], {}, { callback }));
    pool.wait();
    expect(delivered).toBe(63);
  });

  test("refuse a put that does not block while both are full, and deliver everything later", async () => {
    await using pool = new ThreadPool(1, { qSize: 1, resqSize: 1, delivery: "manual" });
    const gate = shareGate(pool);
    let put = 0;
    let refused = 0;
    pool.putRequest(new WorkRequest(holdAtGiven, [0]));
    arrivalsSync(gate, 1);
    for (let i = 0; i < 10; i++) {
      try {
        pool.putRequest(new WorkRequest(holdAtGiven, [i]), false);
        put += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(QueueFull);
        refused += 1;
      }
    }
    expect([put, refused]).toEqual([1, 9]);
    open(gate);
    pool.wait();
    expect(passedAt(gate)).toBe(2);
  });
});
