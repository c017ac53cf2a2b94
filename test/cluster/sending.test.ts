/** The parts of a producer that need no server: who is admitted, and which requests go together. */
import { describe, expect, test } from "bun:test";
import { CallSite } from "../../src/pool/request/call-site.ts";
import { ChunkBudget } from "../../src/cluster/chunk-budget.ts";
import { Pending } from "../../src/cluster/pending.ts";
import { Room } from "../../src/cluster/room.ts";
import { WaitingRequests } from "../../src/cluster/waiting-requests.ts";

let lastId = 0;

interface Wanted {
  readonly priority?: number;
  readonly callable?: string;
  readonly bytes?: number;
  readonly chunkSize?: number;
}

function pendingOf({
  priority = 0,
  callable = "echo",
  bytes = 10,
  chunkSize,
}: Wanted = {}): Pending {
  lastId += 1;
  const args = { value: [] };
  const limits = { priority, chunkSize };
  const parts = {
    id: lastId,
    callable,
    requestID: undefined,
    args,
    bytes,
    limits,
    site: new CallSite(),
  };
  return new Pending(parts, { succeeded() {}, failed() {} });
}

function many(count: number, wanted: Wanted = {}): Pending[] {
  return Array.from({ length: count }, () => pendingOf(wanted));
}

describe("room", () => {
  test("admits so many, and then one for each that leaves, in their order", async () => {
    const room = new Room(2);
    expect([room.tryTake(), room.tryTake(), room.tryTake()]).toEqual([true, true, false]);
    const order: number[] = [];
    const waits = [1, 2].map((at) => room.take().then(() => order.push(at)));
    expect(room.waiting).toBe(2);
    room.give();
    room.give();
    await Promise.all(waits);
    expect(order).toEqual([1, 2]);
    expect(room.tryTake()).toBe(false);
  });

  test("gives the room of one that has given up to the next", async () => {
    const room = new Room(1);
    room.tryTake();
    const controller = new AbortController();
    const first = room.take(controller.signal);
    const second = room.take();
    controller.abort();
    expect(await first).toBe(false);
    room.give();
    expect(await second).toBe(true);
    room.give();
    expect(room.tryTake()).toBe(true);
  });

  test("refuses those that wait when nobody is admitted any more", async () => {
    const room = new Room(1);
    room.tryTake();
    const wait = room.take();
    room.refuseAll();
    expect(await wait).toBe(false);
  });
});

describe("waiting requests", () => {
  test("come by priority, then in their order, and never mixed", () => {
    const waiting = new WaitingRequests();
    const all = [0, 2, 0, -1, 2].map((priority) => pendingOf({ priority }));
    for (const pending of all) waiting.add(pending);
    const taken: number[][] = [];
    for (let next = waiting.take(() => 9); next.length > 0; next = waiting.take(() => 9))
      taken.push(next.map((pending) => all.indexOf(pending)));
    expect(taken).toEqual([[1, 4], [0, 2], [3]]);
    expect(waiting.count).toBe(0);
  });

  test("leave out those that were cancelled", () => {
    const waiting = new WaitingRequests();
    const all = many(5000);
    for (const pending of all) waiting.add(pending);
    for (const pending of all.slice(0, 4990)) {
      pending.state = "settled";
      waiting.forget();
    }
    expect(waiting.count).toBe(10);
    expect(waiting.take(() => 3)).toEqual(all.slice(4990, 4993));
  });
});

describe("the size of a chunk", () => {
  const take = (budget: ChunkBudget, waiting: readonly Pending[], threads = 1): number =>
    budget.take(waiting, waiting.length, threads);

  test("is small while nothing is known, and shares what waits out", () => {
    const budget = new ChunkBudget(4 * 1024 * 1024);
    expect(take(budget, many(1000))).toBe(8);
    expect(take(budget, many(8), 4)).toBe(2);
    expect(take(budget, many(1), 4)).toBe(1);
  });

  test("grows by a factor at a time for short requests, up to a limit", () => {
    const budget = new ChunkBudget(4 * 1024 * 1024);
    const sizes: number[] = [];
    for (let size = 8; sizes.length < 6; sizes.push(size)) {
      budget.measure("echo", 0.001, size);
      size = take(budget, many(10_000));
    }
    expect(sizes).toEqual([32, 128, 512, 512, 512, 512]);
  });

  test("is one for long requests", () => {
    const budget = new ChunkBudget(4 * 1024 * 1024);
    budget.measure("echo", 500, 8);
    expect(take(budget, many(1000))).toBe(1);
  });

  test("follows a change of the run times", () => {
    const budget = new ChunkBudget(4 * 1024 * 1024);
    budget.measure("echo", 0.001, 128);
    for (let i = 0; i < 40; i++) budget.measure("echo", 5, 128);
    expect(take(budget, many(10_000))).toBeLessThan(8);
  });

  test("leaves a part of the last requests to each thread", () => {
    const budget = new ChunkBudget(4 * 1024 * 1024);
    budget.measure("echo", 1, 128);
    expect(take(budget, many(1000), 4)).toBe(25);
    expect(take(budget, many(80), 8)).toBe(5);
  });

  test("is that of the program, when it has chosen one", () => {
    const budget = new ChunkBudget(4 * 1024 * 1024);
    expect(take(budget, many(100, { chunkSize: 20 }))).toBe(20);
    budget.measure("echo", 500, 1);
    expect(take(budget, many(100, { chunkSize: 20 }))).toBe(20);
  });

  test("has a limit in bytes, which one large request may exceed", () => {
    const budget = new ChunkBudget(4 * 1024 * 1024);
    expect(take(budget, many(8, { bytes: 100_000 }))).toBe(2);
    expect(take(budget, many(8, { bytes: 10_000_000 }))).toBe(1);
  });
});
