import { expect, test } from "bun:test";
import { Backlog } from "../src/backlog.ts";
import type { Frame } from "../src/bytes.ts";
import type { PendingRequest } from "../src/pending-request.ts";

const NO_BYTES: Frame = { copyTo: () => {} };

/** In a function of its own, so that nothing on the test's stack keeps the requests alive. */
function pushAndShift(backlog: Backlog, count: number): WeakRef<PendingRequest>[] {
  const references = Array.from({ length: count }, () => {
    const pending = { args: new Uint8Array(1000) } as unknown as PendingRequest;
    backlog.push(pending, NO_BYTES, 0);
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

test("a backlog gives out its requests in the order they came, however often it has been emptied", () => {
  const backlog = new Backlog();
  let pushed = 0;
  let shifted = 0;
  for (const [more, fewer] of [
    [3, 3],
    [2000, 1500],
    [600, 1100],
    [1, 1],
    [5000, 5000],
  ] as const) {
    for (let left = more; left > 0; left--) {
      backlog.push(pushed++ as unknown as PendingRequest, NO_BYTES, 0);
    }
    for (let left = fewer; left > 0; left--) {
      expect(backlog.first?.pending as unknown).toBe(shifted++);
      backlog.shift();
    }
    expect(backlog.length).toBe(pushed - shifted);
  }
  expect(backlog.first).toBeUndefined();
});
