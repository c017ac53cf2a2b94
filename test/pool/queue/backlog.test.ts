import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Backlog, MOST_OVERTAKINGS } from "../../../src/pool/queue/backlog.ts";
import type { BacklogEntry } from "../../../src/pool/queue/backlog.ts";
import type { EncodedValue } from "../../../src/protocol/index.ts";
import type { PendingRequest } from "../../../src/pool/request/pending-request.ts";
import type { Arrival } from "../../../src/pool/queue/arrival.ts";

const NO_BYTES: EncodedValue = { copyTo: () => {} };

const EMPTY: Arrival = { length: 0, areNumbers: false };

let lastName = 0;

/** As much of a request as a backlog looks at. */
function request(priority: number = 0): PendingRequest & { readonly name: number } {
  return { name: lastName++, priority } as unknown as PendingRequest & { readonly name: number };
}

/** In a function of its own, so that nothing on the test's stack keeps the requests alive. */
function pushAndShift(backlog: Backlog, count: number): WeakRef<PendingRequest>[] {
  const references = Array.from({ length: count }, () => {
    const pending = request();
    backlog.push(pending, NO_BYTES, EMPTY);
    return new WeakRef(pending);
  });
  for (let left = count; left > 0; left--) backlog.shift();
  return references;
}

test("a backlog lets go of the requests that have left it", async () => {
  const backlog = new Backlog();
  const references = pushAndShift(backlog, 500);
  // A WeakRef holds its target until the job that made it is over.
  await new Promise((resolve) => setImmediate(resolve));
  Bun.gc(true);
  const alive = references.filter((reference) => reference.deref() !== undefined).length;
  // The collector is conservative about what it finds on the stack.
  expect(alive).toBeLessThan(10);
  expect(backlog.length).toBe(0);
});

describe("a backlog gives out its requests", () => {
  test("in the order they came, however often it has been emptied", () => {
    const backlog = new Backlog();
    const waiting: PendingRequest[] = [];
    for (const [more, fewer] of [
      [3, 3],
      [2000, 1500],
      [600, 1100],
      [1, 1],
      [5000, 5000],
    ] as const) {
      for (let left = more; left > 0; left--) {
        waiting.push(request());
        backlog.push(waiting.at(-1) as PendingRequest, NO_BYTES, EMPTY);
      }
      for (let left = fewer; left > 0; left--) {
        expect(backlog.first?.pending).toBe(waiting.shift() as PendingRequest);
        backlog.shift();
      }
      expect(backlog.length).toBe(waiting.length);
    }
    expect(backlog.first).toBeUndefined();
  });

  test("with their bytes", () => {
    const backlog = new Backlog();
    const frame = (byte: number): EncodedValue => ({
      copyTo: (target, start) => target.fill(byte, start, start + 2),
    });
    backlog.push(request(), frame(1), { ...EMPTY, length: 2 });
    backlog.pushBack(request(), frame(2), { ...EMPTY, length: 2, areNumbers: true });
    const bytes = new Uint8Array(4);
    expect(backlog.first?.areNumbers).toBe(true);
    backlog.first?.copyTo(bytes, 0);
    backlog.shift();
    expect(backlog.first?.areNumbers).toBe(false);
    backlog.first?.copyTo(bytes, 2);
    expect([...bytes]).toEqual([2, 2, 1, 1]);
  });

  test("of larger priorities first, those that come back before their equals, and none that was removed", () => {
    const moves = fc.array(
      fc.record({
        move: fc.constantFrom("push", "pushBack", "shift", "remove"),
        priority: fc.constantFrom(-1, 0, 1, 2.5),
        which: fc.nat(),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(moves, (list) => {
        const backlog = new Backlog();
        let model: PendingRequest[] = [];
        const next = (): PendingRequest | undefined =>
          model.toSorted((a, b) => b.priority - a.priority)[0];
        for (const { move, priority, which } of list) {
          const pending = request(priority);
          if (move === "push") {
            model.push(pending);
            backlog.push(pending, NO_BYTES, EMPTY);
          } else if (move === "pushBack") {
            model.unshift(pending);
            backlog.pushBack(pending, NO_BYTES, EMPTY);
          } else {
            const gone = move === "shift" ? next() : model[which % model.length];
            model = model.filter((other) => other !== gone);
            if (move === "shift") backlog.shift();
            else if (gone !== undefined) backlog.remove(gone.location as BacklogEntry);
          }
          expect(backlog.first?.pending).toBe(next());
          expect(backlog.length).toBe(model.length);
        }
      }),
    );
  });

  test("of small priorities too, however many of larger ones there are", () => {
    const backlog = new Backlog();
    const [low, middle] = [request(-7), request(0)];
    backlog.push(low, NO_BYTES, EMPTY);
    backlog.push(middle, NO_BYTES, EMPTY);
    const order: PendingRequest[] = [];
    for (let i = 0; i < 2 * MOST_OVERTAKINGS + 2; i++) {
      backlog.push(request(5), NO_BYTES, EMPTY);
      order.push(backlog.first?.pending as PendingRequest);
      backlog.shift();
    }
    expect(order.indexOf(middle)).toBe(MOST_OVERTAKINGS);
    expect(order.indexOf(low)).toBe(MOST_OVERTAKINGS + 1);
  });

  test("of a small priority one at a time, however many of them wait", () => {
    const backlog = new Backlog();
    const low = [request(0), request(0)];
    for (const pending of low) backlog.push(pending, NO_BYTES, EMPTY);
    const order: PendingRequest[] = [];
    for (let i = 0; i < 2 * MOST_OVERTAKINGS + 2; i++) {
      backlog.push(request(5), NO_BYTES, EMPTY);
      order.push(backlog.first?.pending as PendingRequest);
      backlog.shift();
    }
    expect(low.map((pending) => order.indexOf(pending))).toEqual([
      MOST_OVERTAKINGS,
      2 * MOST_OVERTAKINGS + 1,
    ]);
  });
});
