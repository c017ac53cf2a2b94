/** The pool that one writes by hand: a promise by id, messages to workers in turn. */
export class PostMessagePool {
  readonly #workers: Worker[];
  readonly #resolvers = new Map<number, (value: number) => void>();
  #lastId = 0;
  #next = 0;

  constructor(numWorkers: number) {
    const url = new URL("./post-message-worker.ts", import.meta.url).href;
    this.#workers = Array.from({ length: numWorkers }, () => new Worker(url, {}));
    for (const worker of this.#workers) {
      worker.addEventListener(
        "message",
        ({ data }: MessageEvent<{ id: number; value: number }>) => {
          this.#resolvers.get(data.id)?.(data.value);
          this.#resolvers.delete(data.id);
        },
      );
    }
  }

  run(value: number): Promise<number> {
    return new Promise((resolve) => {
      const id = ++this.#lastId;
      this.#resolvers.set(id, resolve);
      this.#next = (this.#next + 1) % this.#workers.length;
      this.#workers[this.#next]?.postMessage({ id, value });
    });
  }

  terminate(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}
