interface Settlers {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

/**
 * A pool as programs write it by hand: functions by name, a promise for each id, messages to the workers in turn.
 * It has nothing else: no queue, no handling of deaths, no cancellation.
 */
export class PostMessagePool {
  readonly #workers: Worker[];
  readonly #settlers = new Map<number, Settlers>();
  #lastId = 0;
  #next = 0;

  constructor(numWorkers: number) {
    const url = new URL("./post-message-worker.ts", import.meta.url).href;
    this.#workers = Array.from({ length: numWorkers }, () => new Worker(url, {}));
    for (const worker of this.#workers) {
      worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => this.#settle(data));
    }
  }

  run(name: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#settlers.set(id, { resolve, reject });
      this.#next = (this.#next + 1) % this.#workers.length;
      this.#workers[this.#next]?.postMessage({ id, name, args });
    });
  }

  terminate(): void {
    for (const worker of this.#workers) worker.terminate();
  }

  #settle(reply: Reply): void {
    const settlers = this.#settlers.get(reply.id);
    this.#settlers.delete(reply.id);
    if ("error" in reply) settlers?.reject(reply.error);
    else settlers?.resolve(reply.result);
  }
}
