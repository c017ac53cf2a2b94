/** Measures bursts of requests. Most of the benchmarks do this, with different values. */
import { ThreadPool } from "../src/index.ts";
import { bareQueue } from "./contestants/bare-queue.ts";
import { peers } from "./contestants/index.ts";
import { ringpool } from "./contestants/ringpool.ts";
import { startAll, stopAll } from "./contestants/start.ts";
import type { RunningPool } from "./contestants/contestant.ts";
import type { Started } from "./contestants/start.ts";
import { echo } from "./contestants/tasks.ts";
import { figureOf, interleave, timesAsFast } from "./interleave.ts";
import type { Entry, Rounds } from "./interleave.ts";
import type { Case, Failure } from "./result.ts";

export const RINGPOOL = "ringpool";
export const POST_MESSAGE = "postMessage by hand";
export const PROMISES_ALONE = "promises alone";
export const BARE_QUEUE = "bare queue";
export const RINGPOOL_ONE_WORKER = "ringpool, 1 worker";

export interface Burst {
  readonly case: Case;
  readonly rounds: readonly Rounds[];
  readonly failures: readonly Failure[];
}

/**
 * Measures a burst: all requests at once, then all results awaited.
 *
 * @param values one value for each request, which is echoed
 * @param limits entries to compare with that are not pools
 */
export async function burst(
  values: readonly unknown[],
  workers: number,
  limits: readonly Entry[] = [],
): Promise<Burst> {
  const name = workers === 1 ? "1 worker" : `${workers} workers`;
  const { started, failures } = await startAll([ringpool, ...peers], workers, name);
  const entries = [...started.map((contestant) => burstOf(contestant, values)), ...limits];
  const measured = await interleave(entries, name);
  await stopAll(started);
  return {
    case: {
      name,
      unit: "ns a request",
      figures: measured.rounds.map((rounds) => figureOf(rounds, values.length)),
    },
    rounds: measured.rounds,
    failures: [...failures, ...measured.failures],
  };
}

/**
 * Makes separate code for each contestant, as in a program that uses one pool. The engine cannot specialise code
 * that all of them share. That would cost the fastest contestants most.
 */
function burstOf({ name, pool }: Started, values: readonly unknown[]): Entry {
  // oxlint-disable-next-line typescript/no-implied-eval -- the only way to separate code; its text is our own
  const make = new Function(
    "pool",
    "values",
    'return () => Promise.all(values.map((value) => pool.run("echo", value)));',
  ) as (pool: RunningPool, values: readonly unknown[]) => Entry["sample"];
  return { name, sample: make(pool, values) };
}

/** The limit of every pool that returns a promise for each request: promises made, and resolved in a later turn. */
export function promisesAlone(requests: number): Entry {
  return {
    name: PROMISES_ALONE,
    sample: () => {
      const resolves: ((value: number) => void)[] = [];
      const promises = Array.from(
        { length: requests },
        () => new Promise((resolve) => resolves.push(resolve)),
      );
      setImmediate(() => resolves.forEach((resolve, i) => resolve(i)));
      return Promise.all(promises);
    },
  };
}

/** The limit of any pool on this queue: tasks put and results read, without requests, promises or callbacks. */
export function queueAlone(requests: number, workers: number): Entry & { stop: () => void } {
  const { roundTrips, stop } = bareQueue(workers);
  return { name: BARE_QUEUE, sample: () => roundTrips(requests), stop };
}

/** The same burst through a pool of one worker, which shows what a second worker costs. */
export function ringpoolWithOneWorker(values: readonly unknown[]): Entry & { stop: () => void } {
  const pool = new ThreadPool(1);
  return {
    name: RINGPOOL_ONE_WORKER,
    sample: () => Promise.all(values.map((value) => pool.run(echo, [value]))),
    stop: () => pool.terminate(),
  };
}

export function timesPostMessage({ rounds }: Burst): number {
  return timesAsFast(rounds, RINGPOOL, POST_MESSAGE);
}
