import { expect } from "bun:test";
import { ThreadPool, WorkRequest, WorkerDied } from "../../../src/index.ts";
import { echo } from "../fixtures/tasks.ts";

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
