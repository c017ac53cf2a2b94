import { expect } from "bun:test";
import { WorkRequest, WorkerDied } from "../../../src/index.ts";
import type { ThreadPool, WorkerThread } from "../../../src/index.ts";
import { echo } from "../fixtures/tasks.ts";
import { rejection } from "../rejection.ts";

/** A worker of a pool, the oldest when no index is given. */
export function worker(pool: ThreadPool, index: number = 0): WorkerThread {
  return pool.workers[index] as WorkerThread;
}

/** The error that a promise is rejected with because a worker died. */
export async function death(promise: Promise<unknown>): Promise<WorkerDied> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(WorkerDied);
  return error as WorkerDied;
}

/** Puts requests with callbacks and counts how often each of them is settled, and how. */
export class Ledger {
  readonly settlements: number[] = [];
  succeeded = 0;
  died = 0;
  readonly strange: unknown[] = [];
  readonly #pool: ThreadPool;

  constructor(pool: ThreadPool) {
    this.#pool = pool;
  }

  put(callable: (...args: never[]) => unknown, ...args: unknown[]): void {
    const at = this.settlements.push(0) - 1;
    const settle = (): void => {
      this.settlements[at] = (this.settlements[at] as number) + 1;
    };
    const options = {
      callback: (_: unknown, result: unknown): void => {
        settle();
        if (callable === echo && result !== args[0]) this.strange.push(result);
        this.succeeded += 1;
      },
      excCallback: (_: unknown, [, error]: readonly [string, unknown, string]): void => {
        settle();
        if (error instanceof WorkerDied) this.died += 1;
        else this.strange.push(error);
      },
    };
    this.#pool.putRequest(new WorkRequest(callable, args as never, {}, options));
  }

  /** How many were put, and whether each was settled exactly once and as it should. */
  expectAllSettledOnce(): void {
    expect(this.settlements.filter((count) => count !== 1)).toEqual([]);
    expect(this.strange).toEqual([]);
    expect(this.succeeded + this.died).toBe(this.settlements.length);
  }
}
