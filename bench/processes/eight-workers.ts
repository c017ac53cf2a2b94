/**
 * A fresh process that starts eight workers, each of which answers. Prints nanoseconds, or bytes.
 *
 *     bun bench/processes/eight-workers.ts ringpool|batched|flat|bare import|start|memory
 *
 * `import`: until all have answered, from the import of the pool on; `start`: from the constructor on; `memory`: the resident
 * bytes of the process after that.
 */
const WORKERS = 8;

/** Each imports its pool, and returns a function that starts it and resolves when all workers have answered. */
const CONTESTANTS: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
  async ringpool() {
    const { ThreadPool } = await import("ringpool");
    // Resolves when each worker has said that it takes requests, as a bare worker does.
    return () => new ThreadPool(WORKERS).ready();
  },
  async batched() {
    const { BatchedPool } = await import("../contestants/batched-pool.ts");
    return () => {
      const pool = new BatchedPool(WORKERS);
      return Promise.all(eight((i) => pool.run(i)));
    };
  },
  async flat() {
    const { FlatPool } = await import("../contestants/flat-pool.ts");
    return () => {
      const pool = new FlatPool(WORKERS);
      return Promise.all(eight((i) => pool.run(i)));
    };
  },
  async bare() {
    const url = new URL("../contestants/ready-worker.ts", import.meta.url).href;
    return () =>
      Promise.all(
        eight(() => new Promise((resolve) => new Worker(url).addEventListener("message", resolve))),
      );
  },
};

function eight<T>(make: (i: number) => T): T[] {
  return Array.from({ length: WORKERS }, (_, i) => make(i));
}

const [contestant = "", what = "start"] = process.argv.slice(2);
const importedFrom = Bun.nanoseconds();
const start = await CONTESTANTS[contestant]?.();
if (start === undefined) throw new Error(`There is no such contestant: asked=${contestant}`);
const startedFrom = Bun.nanoseconds();
await start();
const readyAt = Bun.nanoseconds();
if (what === "memory") {
  Bun.gc(true);
  console.log(process.memoryUsage.rss());
} else {
  console.log(readyAt - (what === "import" ? importedFrom : startedFrom));
}
process.exit();
