/**
 * A fresh process that has one request answered by one worker. Prints as JSON how long each part took in both threads, and the
 * CPU time of the thread in that part; see `questions/first-milliseconds.ts`.
 *
 *     bun bench/processes/first-milliseconds.ts ringpool|batched|flat|bare
 *     bun bench/processes/first-milliseconds.ts FILE    the entry of a package of another checkout, such as …/src/index.ts
 */
import type { FirstMilliseconds, Part } from "../first-milliseconds.ts";
import { tellTimes } from "../contestants/tasks.ts";
import type { WorkerTimes } from "../contestants/tasks.ts";

/** What a contestant does, step by step. */
interface Steps<Imported, Pool> {
  readonly import: () => Promise<Imported>;
  readonly start: (imported: Imported) => Pool;
  readonly put: (pool: Pool) => Promise<unknown>;
}

const [contestant = ""] = process.argv.slice(2);

function ringpool(load: () => Promise<typeof import("ringpool")>) {
  return measured({
    import: load,
    start: ({ ThreadPool }) => new ThreadPool(1),
    put: (pool) => pool.run(tellTimes, []),
  });
}

const CONTESTANTS: Readonly<Record<string, () => Promise<FirstMilliseconds>>> = {
  ringpool: () => ringpool(() => import("ringpool")),
  batched: () =>
    measured({
      import: () => import("../contestants/batched-pool.ts"),
      start: ({ BatchedPool }) => new BatchedPool(1, "tellTimes"),
      put: (pool) => pool.run(0),
    }),
  flat: () =>
    measured({
      import: () => import("../contestants/flat-pool.ts"),
      start: ({ FlatPool }) => new FlatPool(1, "tellTimes"),
      put: (pool) => pool.run(0),
    }),
  bare: () =>
    measured({
      import: async () => new URL("../contestants/telling-worker.ts", import.meta.url).href,
      start: (url) => new Worker(url),
      put: (worker) => {
        const answer = new Promise((resolve) =>
          worker.addEventListener("message", ({ data }) => resolve(data)),
        );
        worker.postMessage(0);
        return answer;
      },
    }),
};

async function measured<Imported, Pool>(steps: Steps<Imported, Pool>): Promise<FirstMilliseconds> {
  const begin = now();
  const imported = await steps.import();
  const hasImported = now();
  const pool = steps.start(imported);
  const hasStarted = now();
  const answer = steps.put(pool);
  const hasPut = now();
  const times = (await answer) as WorkerTimes;
  const end = now();
  return {
    import: between(begin, hasImported),
    constructor: between(hasImported, hasStarted),
    put: between(hasStarted, hasPut),
    wait: between(hasPut, end),
    all: between(begin, end),
    worker: { ms: times.calledAt - times.begunAt, cpu: times.cpu },
  };
}

interface Moment {
  readonly at: number;
  readonly cpu: number;
}

function now(): Moment {
  const { user, system } = process.threadCpuUsage();
  return { at: performance.now(), cpu: (user + system) / 1000 };
}

function between(from: Moment, to: Moment): Part {
  return { ms: to.at - from.at, cpu: to.cpu - from.cpu };
}

const measure = CONTESTANTS[contestant] ?? (() => ringpool(() => import(contestant)));
console.log(JSON.stringify(await measure()));
process.exit();
