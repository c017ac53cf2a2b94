/** Threads that the system does not start: what `new Worker` throws at its limit (`ulimit -u`). */
import { replaceable } from "../replaceable.ts";

/** While this exists, `new Worker` throws whenever `isRefused` returns true, as Bun does at the system's limit. */
export class ScarceThreads implements Disposable {
  /** How often a start was tried, refused ones included. */
  attempts = 0;
  /** When each was tried. */
  readonly triedAt: number[] = [];
  /** The workers that were started. */
  readonly started: Worker[] = [];
  readonly #real = replaceable.Worker;

  /** @param isRefused gets the number of the attempt, from 1 */
  constructor(isRefused: (attempt: number) => boolean) {
    const real = this.#real;
    const start = (...args: ConstructorParameters<typeof Worker>): Worker => {
      this.attempts += 1;
      this.triedAt.push(performance.now());
      if (isRefused(this.attempts)) throw new TypeError("Failed to spawn worker thread");
      const worker = new real(...args);
      this.started.push(worker);
      return worker;
    };
    replaceable.Worker = function refusing(...args: ConstructorParameters<typeof Worker>): Worker {
      return start(...args);
    } as unknown as typeof Worker;
  }

  [Symbol.dispose](): void {
    replaceable.Worker = this.#real;
  }
}

/** Resolves to true when every one of these threads is gone. */
export async function areGone(workers: readonly Worker[]): Promise<boolean> {
  await Promise.all(
    workers.map((worker) => new Promise((resolve) => worker.addEventListener("close", resolve))),
  );
  return true;
}
