/** Measures bursts of requests, which several questions do with different values. */
import { bareQueue } from "./contestants/bare-queue.ts";
import type { Contestant, RunningPool } from "./contestants/contestant.ts";
import { firstRivals, registryPools } from "./contestants/index.ts";
import { BARE_QUEUE, BATCHED, PROMISES_ALONE } from "./contestants/names.ts";
import { startAll, stopAll } from "./contestants/start.ts";
import { interleave } from "./interleave.ts";
import type { Entry } from "./interleave.ts";
import { caseOf } from "./rounds.ts";
import type { Rounds } from "./rounds.ts";
import type { Case, Failure } from "./result.ts";

export interface Burst {
  readonly case: Case;
  readonly rounds: readonly Rounds[];
  readonly failures: readonly Failure[];
}

export function workersLabel(count: number): string {
  return count === 1 ? "1 worker" : `${count} workers`;
}

/**
 * Measures a burst: all requests at once, then all results awaited.
 *
 * @param values one value for each request, which is echoed
 * @param limits entries to compare with that are not pools
 * @param others pools to be seen beside the rivals
 */
export async function burst(
  values: readonly unknown[],
  workers: number,
  limits: readonly Entry[] = [],
  others: readonly Contestant[] = registryPools,
): Promise<Burst> {
  const name = workersLabel(workers);
  const rivals = await startAll(firstRivals, workers, name);
  const onlookers = await startAll(others, workers, name);
  const measured = await interleave(
    [
      ...rivals.started.map((one) => ({ name: one.name, sample: burstOf(one.pool, values) })),
      ...limits,
      ...onlookers.started.map((one) => ({
        name: one.name,
        sample: burstOf(one.pool, values),
        isOnlooker: true,
      })),
    ],
    name,
  );
  await stopAll([...rivals.started, ...onlookers.started]);
  return {
    case: caseOf(name, "ns a request", measured.rounds, {
      perUnit: values.length,
      rival: BATCHED,
    }),
    rounds: measured.rounds,
    failures: [...rivals.failures, ...onlookers.failures, ...measured.failures],
  };
}

/**
 * Makes separate code for each contestant, as in a program that uses one pool. The engine cannot specialise code
 * that all of them share. That would cost the fastest contestants most.
 */
export function burstOf(pool: RunningPool, values: readonly unknown[]): Entry["sample"] {
  // oxlint-disable-next-line typescript/no-implied-eval -- the only way to separate code; its text is our own
  const make = new Function(
    "pool",
    "values",
    'return () => Promise.all(values.map((value) => pool.run("echo", value)));',
  ) as (pool: RunningPool, values: readonly unknown[]) => Entry["sample"];
  return make(pool, values);
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
