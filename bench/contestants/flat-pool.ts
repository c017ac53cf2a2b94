import type { TaskName } from "./contestant.ts";
import { HandMadeWorker } from "./hand-made-worker.ts";
import type { Settlers } from "./hand-made-worker.ts";

/** The reply to `[id, value]`: the result, or the error of the function in its place. */
export type FlatReply =
  | readonly [id: number, result: unknown]
  | readonly [id: number, none: undefined, error: unknown];

/**
 * The least that a pool on messages can be: `[id, value]` to one worker after the other, `[id, result]` back, and a
 * promise for each id. It knows one synchronous function. It has no queue, no cancellation and no successors of dead
 * workers.
 */
export class FlatPool {
  readonly #workers: readonly HandMadeWorker<Settlers, FlatReply>[];
  #next = 0;

  /** @param script another script of the workers, with functions of its own */
  constructor(
    numWorkers: number,
    task: string = "echo" satisfies TaskName,
    script = "./flat-worker.ts",
  ) {
    this.#workers = Array.from(
      { length: numWorkers },
      () => new HandMadeWorker(script, task, settle, fail),
    );
  }

  run(value: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#next = (this.#next + 1) % this.#workers.length;
      this.#workers[this.#next]?.post(value, { resolve, reject });
    });
  }

  /** Ends the workers when everything is answered. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  /** Ends the workers now. What they have not answered rejects. */
  terminate(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

function settle({ resolve, reject }: Settlers, reply: FlatReply): void {
  if (reply.length === 3) reject(reply[2]);
  else resolve(reply[1]);
}

function fail({ reject }: Settlers, error: Error): void {
  reject(error);
}
