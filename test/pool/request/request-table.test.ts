import { describe, expect, test } from "bun:test";
import { DuplicateRequest } from "../../../src/errors.ts";
import { CallSite } from "../../../src/pool/request/call-site.ts";
import { PromiseRequest, SyncRequest } from "../../../src/pool/request/pending-request.ts";
import { queueRoom, request } from "../pool-parts.ts";
import type { Put, QueueRoom } from "../pool-parts.ts";

interface Room extends QueueRoom {
  /** What the table has asked for: "turn" and "idle". */
  readonly log: string[];
}

function roomWithLog(): Room {
  const room = queueRoom();
  const log: string[] = [];
  room.turns.takeWith({
    plan: () => void log.push("turn"),
    takeTurn: () => {},
    planNext: () => {},
  });
  room.events.on("idle", () => void log.push("idle"));
  return { ...room, log };
}

function added({ table }: QueueRoom, limits?: Parameters<typeof request>[0]): Put {
  const made = request(limits);
  table.add(made.pending);
  return made;
}

describe("a request is settled", () => {
  test("once, by the first who does", () => {
    const { table, ...room } = roomWithLog();
    const { pending, delivered } = added({ ...room, table });
    table.settle(pending, "succeeded", "first");
    table.settle(pending, "failed", "second");
    table.settle(pending, "cancelled", "third");
    table.deliverAll();
    expect(delivered).toEqual(["first"]);
    expect([table.succeeded, table.failed, table.cancelled]).toEqual([1, 0, 0]);
  });

  test("with its outcome counted when it is delivered", () => {
    const room = roomWithLog();
    for (const outcome of ["succeeded", "failed", "failed", "cancelled"] as const)
      room.table.settle(added(room).pending, outcome, "value");
    const figures = (): number[] => {
      const { put, succeeded, failed, cancelled, delivered, size } = room.table;
      return [put, succeeded, failed, cancelled, delivered, size];
    };
    expect(figures()).toEqual([4, 0, 0, 0, 0, 4]);
    room.table.deliverAll();
    expect(figures()).toEqual([4, 1, 2, 1, 4, 0]);
  });

  test("with the place of its put in the stack of a failure, and of nothing else", () => {
    const room = roomWithLog();
    const error = new Error("of the callable");
    const value = new Error("a result");
    for (const [outcome, settledWith] of [
      ["failed", error],
      ["succeeded", value],
    ] as const) {
      const { pending } = added(room);
      pending.callSite = new CallSite();
      room.table.settle(pending, outcome, settledWith);
    }
    expect(error.stack).toContain("--- put here ---");
    expect(value.stack).not.toContain("--- put here ---");
  });

  test("and its watches end", () => {
    const room = roomWithLog();
    const { pending } = added(room, { timeoutMs: 5 });
    pending.control?.watchTime(room.deadlines, 1e9, () => {});
    room.table.settle(pending, "succeeded", 1);
    expect(room.deadlines.size).toBe(0);
  });

  test("with all the others that have no outcome, each with its own reason", () => {
    const room = roomWithLog();
    const [first, second, third] = [added(room), added(room), added(room)] as [Put, Put, Put];
    room.table.settle(second.pending, "succeeded", "done");
    room.table.failAll((pending) => new Error(String(pending.requestID)));
    room.table.deliverAll();
    expect(second.delivered).toEqual(["done"]);
    expect(first.delivered).toEqual([new Error(String(first.pending.requestID))]);
    expect(third.delivered).toEqual([new Error(String(third.pending.requestID))]);
  });
});

describe("outcomes are delivered", () => {
  test("in the order in which they have arrived, reports among them", () => {
    const room = roomWithLog();
    const order: unknown[] = [];
    const note = (value: unknown): void => void order.push(value);
    const first = added(room, { onProgress: note });
    const second = added(room);
    room.table.report(first.pending, "half");
    room.table.settle(second.pending, "succeeded", 2);
    room.table.report(first.pending, "nearly");
    room.table.settle(first.pending, "succeeded", 1);
    for (const each of [first, second]) {
      Object.defineProperty(each.pending, "deliver", { value: () => note(each.pending.value) });
    }
    room.table.deliverAll();
    expect(order).toEqual(["half", 2, "nearly", 1]);
  });

  test("one at a time, until there is none", () => {
    const room = roomWithLog();
    for (let i = 0; i < 2; i++) room.table.settle(added(room).pending, "succeeded", i);
    expect(room.table.hasArrived).toBe(true);
    const handedOut = [1, 2, 3].map(() => {
      room.table.deliver(room.table.handedOut + 1);
      return room.table.handedOut;
    });
    expect(handedOut).toEqual([1, 2, 2]);
    expect(room.table.hasArrived).toBe(false);
  });

  test("after the request has left the table, so that its callback may put it again", () => {
    const room = roomWithLog();
    const { pending } = added(room);
    const sizes: number[] = [];
    Object.defineProperty(pending, "deliver", { value: () => sizes.push(room.table.size) });
    room.table.settle(pending, "succeeded", 1);
    room.table.deliverAll();
    expect(sizes).toEqual([0]);
  });

  test("without the request whose callback has thrown, which is removed", () => {
    const room = roomWithLog();
    const [first, second] = [added(room), added(room)] as [Put, Put];
    Object.defineProperty(first.pending, "deliver", {
      value: () => {
        throw new Error("of the callback");
      },
    });
    for (const { pending } of [first, second]) room.table.settle(pending, "succeeded", "done");
    const deliverAll = (): void => room.table.deliverAll();
    expect(deliverAll).toThrow("of the callback");
    expect(room.table.size).toBe(1);
    room.table.deliverAll();
    expect(second.delivered).toEqual(["done"]);
  });

  test("by a callback too, which delivers the others before it returns", () => {
    const room = roomWithLog();
    const [first, second] = [added(room), added(room)] as [Put, Put];
    Object.defineProperty(first.pending, "deliver", { value: () => room.table.deliverAll() });
    for (const { pending } of [first, second]) room.table.settle(pending, "succeeded", "done");
    room.table.deliver(room.table.handedOut + 1);
    expect(second.delivered).toEqual(["done"]);
    expect(room.table.size).toBe(0);
    expect(room.log.filter((entry) => entry === "idle")).toHaveLength(1);
  });

  test("in their order however many arrive between two deliveries", () => {
    const room = roomWithLog();
    let next = 0;
    for (const count of [1, 5000, 3, 10_000, 1]) {
      const puts = Array.from({ length: count }, () => added(room));
      for (const { pending } of puts) room.table.settle(pending, "succeeded", next++);
      room.table.deliverAll();
      expect(puts.map(({ delivered }) => delivered[0])).toEqual(
        puts.map((_, i) => next - count + i),
      );
      expect(room.table.hasArrived).toBe(false);
    }
  });

  test("to a promise too", async () => {
    const room = roomWithLog();
    const [good, bad] = [1, 2].map(() => new PromiseRequest(() => 1, [], 0, undefined));
    for (const pending of [good, bad] as PromiseRequest[]) room.table.add(pending);
    room.table.settle(good as PromiseRequest, "succeeded", "done");
    room.table.settle(bad as PromiseRequest, "failed", new RangeError("of the callable"));
    room.table.deliverAll();
    expect((await good?.promise) as unknown).toBe("done");
    await expect(bad?.promise).rejects.toThrow("of the callable");
  });
});

describe("the table asks for a turn of the event loop", () => {
  test("when the first outcome or report arrives, and not for those after it", () => {
    const room = roomWithLog();
    const puts = [1, 2, 3].map(() => added(room));
    const [first] = puts as [Put];
    room.table.report(first.pending, "half");
    for (const { pending } of puts) room.table.settle(pending, "succeeded", 1);
    expect(room.log).toEqual(["turn"]);
    room.table.deliver(room.table.handedOut + 1);
    room.table.deliver(room.table.handedOut + 1);
    expect(room.log).toEqual(["turn"]);
  });

  test("again for the first that arrives after a delivery of all", () => {
    const room = roomWithLog();
    const [first, second, third] = [added(room), added(room), added(room)] as [Put, Put, Put];
    room.table.settle(first.pending, "succeeded", 1);
    room.table.deliverAll();
    room.table.settle(second.pending, "succeeded", 1);
    expect(room.log).toEqual(["turn", "turn"]);
    expect(third.pending.outcome).toBe("pending");
  });

  test("when the last request is removed, and says that the pool is idle", () => {
    const room = roomWithLog();
    const [first, second] = [added(room), added(room)] as [Put, Put];
    room.table.settle(first.pending, "succeeded", 1);
    room.table.deliverAll();
    expect(room.log).toEqual(["turn"]);
    room.table.settle(second.pending, "succeeded", 1);
    room.table.deliverAll();
    expect(room.log).toEqual(["turn", "turn", "turn", "idle"]);
  });

  test("and is not idle when the last callback has put another request, nor when it threw and did", () => {
    for (const isThrowing of [false, true]) {
      const room = roomWithLog();
      const { pending } = added(room);
      Object.defineProperty(pending, "deliver", {
        value: () => {
          added(room);
          if (isThrowing) throw new Error("of the callback");
        },
      });
      room.table.settle(pending, "succeeded", 1);
      const deliverAll = (): void => room.table.deliverAll();
      if (isThrowing) expect(deliverAll).toThrow("of the callback");
      else deliverAll();
      expect(room.log).toEqual(["turn"]);
    }
  });

  test("when the last callback has thrown", () => {
    const room = roomWithLog();
    const { pending } = added(room);
    Object.defineProperty(pending, "deliver", {
      value: () => {
        throw new Error("of the callback");
      },
    });
    room.table.settle(pending, "succeeded", 1);
    const deliverAll = (): void => room.table.deliverAll();
    expect(deliverAll).toThrow("of the callback");
    expect(room.log).toEqual(["turn", "turn", "idle"]);
  });

  test("when a request of runSync was the last, and not when it was not", () => {
    const room = roomWithLog();
    const sync = (): SyncRequest => {
      const pending = new SyncRequest(() => 1, [], 0, undefined);
      room.table.add(pending);
      return pending;
    };
    const other = added(room);
    room.table.settle(sync(), "succeeded", 1);
    expect(room.log).toEqual([]);
    room.table.settle(other.pending, "succeeded", 1);
    room.table.deliverAll();
    room.log.length = 0;
    room.table.settle(sync(), "succeeded", 1);
    expect(room.log).toEqual(["turn", "idle"]);
    expect(room.table.hasArrived).toBe(false);
  });
});

describe("a request is refused while", () => {
  test("it is pending itself", () => {
    const room = roomWithLog();
    const { pending } = added(room);
    const check = (): void => room.table.checkUnique(pending.request);
    expect(check).toThrow(DuplicateRequest);
    room.table.settle(pending, "succeeded", 1);
    expect(check).toThrow(DuplicateRequest);
    room.table.deliverAll();
    check();
  });

  test("another one has its requestID", () => {
    const room = roomWithLog();
    const first = request(undefined, "job");
    room.table.add(first.pending);
    const second = request(undefined, "job");
    const check = (): void => room.table.checkUnique(second.pending.request);
    expect(check).toThrow("requestID=job");
    room.table.settle(first.pending, "failed", new Error("of the callable"));
    room.table.deliverAll();
    check();
  });
});

test("the oldest request that is wanted is the one that was put first", () => {
  const room = roomWithLog();
  const [first, second, third] = [added(room), added(room), added(room)] as [Put, Put, Put];
  room.table.settle(first.pending, "succeeded", 1);
  expect(room.table.oldest(({ outcome }) => outcome === "pending")).toBe(second.pending);
  expect(room.table.oldest((pending) => pending === third.pending)).toBe(third.pending);
  expect(room.table.oldest(() => false)).toBeUndefined();
});
