/** Tables of calls that a pool refuses, and goes on. */
import { expect, test } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import { expectRefused } from "../misuse.ts";
import type { ErrorClass } from "../misuse.ts";
import { add } from "./fixtures/tasks.ts";

/** One way to misuse a pool. */
export type PoolMisuse = readonly [
  title: string,
  attempt: (pool: ThreadPool) => unknown,
  errorClass: ErrorClass,
  message: RegExp,
];

/** Nothing of a refused call is left behind, and the next request runs. */
export function expectStillWorking(pool: ThreadPool): void {
  expect(pool.workRequests.size).toBe(0);
  pool.wait();
  expect(pool.runSync(add, [1, 2])).toBe(3);
  expect(pool.stats().pending).toBe(0);
}

/** Each row is a test: the call itself throws, and its pool goes on. */
export function testPoolMisuses(rows: readonly PoolMisuse[]): void {
  for (const [title, attempt, errorClass, message] of rows) {
    test(`${title}: ${errorClass.name}`, async () => {
      await using pool = new ThreadPool(1);
      expectRefused(() => attempt(pool), errorClass, message);
      expectStillWorking(pool);
    });
  }
}
