/**
 * The cases that run again and again and must leave nothing behind. A new case is one more entry.
 */
import { ThreadPool } from "../../src/index.ts";
import { arrivals, newGate } from "../../test/pool/fixtures/gate.ts";
import { echo, exit, loop, throwFromTimer } from "../../test/pool/fixtures/tasks.ts";
import { CalmLoad } from "../soak/calm-load.ts";
import { WORKER_NAME } from "./figures.ts";

/** A case that has been started. */
export interface Load {
  /** Workers that are alive between two calls of `more`. */
  readonly workers: number;
  /** Repeats the case that many more times. */
  more(count: number): Promise<void>;
  end(): void;
}

export interface LeakCase {
  /** The name of what is counted. */
  readonly units: string;
  /** The number of repetitions, unless the command gives another. */
  readonly count: number;
  /** True when the case does not use ringpool. What grows in it is the engine's own. */
  readonly isControl?: boolean;
  start(): Load;
}

const BURST = 2000;
let bursts = 0;

export const cases: Readonly<Record<string, LeakCase>> = {
  "pools-closed": {
    units: "pools opened, used and closed",
    count: 1000,
    start: () => repeating(async () => (await usedPool()).close()),
  },
  "pools-terminated": {
    units: "pools opened, used and terminated in the middle of a run",
    count: 1000,
    start: () =>
      repeating(async () => {
        const pool = await usedPool();
        const gate = newGate();
        const ended = rejected(pool.run(loop, [gate]));
        await arrivals(gate, 1);
        pool.terminate();
        await ended;
      }),
  },
  "deaths-terminate": {
    units: "workers terminated in an endless loop",
    count: 1000,
    start: () =>
      inOnePool(async (pool) => {
        const gate = newGate();
        const died = rejected(pool.run(loop, [gate]));
        await arrivals(gate, 1);
        pool.workers[0]?.terminate();
        await died;
      }),
  },
  "deaths-exit": {
    units: "workers ended by process.exit",
    count: 1000,
    start: () => inOnePool((pool) => rejected(pool.run(exit, [1]))),
  },
  "deaths-uncaught": {
    units: "workers ended by an uncaught error",
    count: 1000,
    start: () => inOnePool((pool) => rejected(pool.run(throwFromTimer, ["a leak?"]))),
  },
  requests: {
    units: "requests of many kinds",
    count: 10_000_000,
    start: () => {
      const load = new CalmLoad(2);
      return {
        workers: 2,
        more: (count) => load.more(count),
        end: () => void load.end(),
      };
    },
  },
  cancellations: {
    units: "requests with a signal and a time limit, aborted while they wait, run or are done",
    count: 1_000_000,
    start: () => {
      const pool = new ThreadPool(2, { name: WORKER_NAME });
      return {
        workers: 2,
        more: async (count) => {
          for (let left = count; left > 0; left -= BURST) await abortedBurst(pool, BURST);
        },
        end: () => pool.terminate(),
      };
    },
  },
  "bare-workers": {
    units: "workers without a pool, started and terminated",
    count: 1000,
    isControl: true,
    start: () => repeating(startAndTerminate),
  },
};

/** Puts a burst of requests, and aborts them after none, one or two turns of the event loop. */
async function abortedBurst(pool: ThreadPool, count: number): Promise<void> {
  const controller = new AbortController();
  const options = { signal: controller.signal, timeoutMs: 60_000 };
  const runs = Array.from({ length: count }, (_, i) => pool.run(echo, [i], options));
  const ended = Promise.allSettled(runs);
  for (let turns = bursts++ % 3; turns > 0; turns--)
    await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  await ended;
}

async function usedPool(): Promise<ThreadPool> {
  const pool = new ThreadPool(1);
  await pool.run(echo, ["used"]);
  return pool;
}

function repeating(once: () => Promise<void>): Load {
  return {
    workers: 0,
    async more(count) {
      for (let i = 0; i < count; i++) await once();
    },
    end() {},
  };
}

function inOnePool(once: (pool: ThreadPool) => Promise<void>): Load {
  const pool = new ThreadPool(1);
  const load = repeating(() => once(pool));
  return { ...load, workers: 1, end: () => pool.terminate() };
}

/** Resolves when the promise is rejected, which it must be. */
async function rejected(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    return;
  }
  throw new Error("A request whose worker should have died has succeeded.");
}

/** The life of a bare worker, like that of a pool's worker: start, message, answer, termination, end. */
async function startAndTerminate(): Promise<void> {
  const worker = new Worker(new URL("./bare-worker.ts", import.meta.url).href, {
    name: WORKER_NAME,
    ref: true,
  });
  const answered = new Promise((resolve) => worker.addEventListener("message", resolve));
  const closed = new Promise((resolve) => worker.addEventListener("close", resolve));
  worker.postMessage("are you there?");
  await answered;
  worker.terminate();
  await closed;
}
