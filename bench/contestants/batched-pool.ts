import type { TaskName } from "./contestant.ts";
import { HandMadeWorker } from "./hand-made-worker.ts";

/** The reply to `[id, values]`: the results, and the errors of those values at which the function has thrown. */
export type BatchReply = readonly [
  id: number,
  results: readonly unknown[],
  failures?: readonly (readonly [index: number, error: unknown])[],
];

/** The requests to one worker since the last microtask. */
class Batch {
  readonly values: unknown[] = [];
  readonly resolves: ((result: unknown) => void)[] = [];
  readonly rejects: ((error: unknown) => void)[] = [];
}

/**
 * What a good engineer writes who has measured `FlatPool`: the requests of one microtask travel in one message to each
 * worker, and come back in one. So a message's price is paid once for many requests. In return the first result of a
 * batch waits for the last, and a short request waits for the long ones before it while another worker is idle.
 *
 * It knows one synchronous function. It has no queue, no cancellation and no successors of dead workers.
 */
export class BatchedPool {
  readonly #workers: readonly HandMadeWorker<Batch, BatchReply>[];
  #batches: Batch[];
  #next = 0;
  #isFlushDue = false;

  constructor(numWorkers: number, task: TaskName = "echo") {
    this.#workers = Array.from(
      { length: numWorkers },
      () => new HandMadeWorker("./batched-worker.ts", task, settle, fail),
    );
    this.#batches = this.#workers.map(() => new Batch());
  }

  run(value: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.#isFlushDue) {
        this.#isFlushDue = true;
        queueMicrotask(this.#flush);
      }
      const batch = this.#batches[this.#next] as Batch;
      this.#next = this.#next + 1 === this.#batches.length ? 0 : this.#next + 1;
      batch.values.push(value);
      batch.resolves.push(resolve);
      batch.rejects.push(reject);
    });
  }

  /** Ends the workers when everything is answered. */
  async close(): Promise<void> {
    if (this.#isFlushDue) this.#flush();
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  /** Ends the workers now. What they have not answered rejects. */
  terminate(): void {
    if (this.#isFlushDue) this.#flush();
    for (const worker of this.#workers) worker.terminate();
  }

  readonly #flush = (): void => {
    if (!this.#isFlushDue) return;
    this.#isFlushDue = false;
    const batches = this.#batches;
    this.#batches = this.#workers.map(() => new Batch());
    for (const [i, batch] of batches.entries()) {
      if (batch.values.length === 0) continue;
      try {
        this.#workers[i]?.post(batch.values, batch);
      } catch (error) {
        // One value that cannot cross fails the whole batch.
        fail(batch, error as Error);
      }
    }
  };
}

function settle({ resolves, rejects }: Batch, [, results, failures]: BatchReply): void {
  // A promise that was rejected ignores the hole in the results.
  if (failures !== undefined) for (const [i, error] of failures) rejects[i]?.(error);
  for (let i = 0; i < resolves.length; i++) resolves[i]?.(results[i]);
}

function fail({ rejects }: Batch, error: Error): void {
  for (const reject of rejects) reject(error);
}
