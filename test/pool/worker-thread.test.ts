import { describe } from "bun:test";
import { ThreadPool } from "../../src/index.ts";
import type { WorkerThread } from "../../src/index.ts";
import { untyped } from "../misuse.ts";
import { testPoolMisuses } from "./pool-misuse.ts";

describe("a worker's handle", () => {
  const worker = (pool: ThreadPool): WorkerThread => pool.workers[0] as WorkerThread;
  testPoolMisuses([
    [
      "dismiss without its worker",
      (pool) => worker(pool).dismiss.call(untyped({})),
      TypeError,
      /private/,
    ],
    [
      "a worker pushed to the list",
      (pool) => untyped<unknown[]>(pool.workers).push(worker(pool)),
      TypeError,
      /readonly|extensible/,
    ],
    [
      "the list of workers replaced",
      (pool) => Object.assign(pool, { workers: [] }),
      TypeError,
      /readonly/,
    ],
    [
      "a worker pushed to the dismissed",
      (pool) => untyped<unknown[]>(pool.dismissedWorkers).push(1),
      TypeError,
      /readonly|extensible/,
    ],
    [
      "a request put into the Map of those pending",
      (pool) => untyped<Map<number, number>>(pool.workRequests).set(1, 1),
      TypeError,
      /^workRequests is read-only/,
    ],
  ]);
});
