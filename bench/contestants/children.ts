/** What a child costs, measured inside a callable, because only there children are put. See `questions/spawn.ts`. */
import { pool } from "ringpool/worker";

/** @public A callable is an export. */
export function nothing(n: number): number {
  return n;
}

async function nothingLater(n: number): Promise<number> {
  return n;
}

/** The ways to put children that nobody takes, each beside the plain calls that it stands for. */
export const WAYS: Readonly<Record<string, Record<"put" | "plain", (items: number[]) => unknown>>> =
  {
    mapSync: {
      put: (items) => pool.mapSync(nothing, items),
      plain: (items) => items.map((n) => nothing(n)),
    },
    map: {
      put: (items) => pool.map(nothing, items),
      plain: (items) => Promise.all(items.map((n) => nothingLater(n))),
    },
    runSync: {
      put: (items) => {
        for (const n of items) pool.runSync(nothing, [n]);
      },
      plain: (items) => {
        for (const n of items) nothing(n);
      },
    },
    "run, all at once": {
      put: (items) => Promise.all(items.map((n) => pool.run(nothing, [n]))),
      plain: (items) => Promise.all(items.map((n) => nothingLater(n))),
    },
    "run, one after the other": {
      put: async (items) => {
        for (const n of items) await pool.run(nothing, [n]);
      },
      plain: async (items) => {
        for (const n of items) await nothingLater(n);
      },
    },
  };

/** Nanoseconds a child: the medians of the rounds, which take turns with those of the plain calls. */
export interface SpawnCosts {
  readonly put: number[];
  readonly plain: number[];
}

export async function spawnCosts(
  way: string,
  children: number,
  bursts: number,
  rounds: number,
): Promise<SpawnCosts> {
  const items = Array.from({ length: children }, (_, i) => i);
  const { put, plain } = WAYS[way] as (typeof WAYS)[string];
  const costs: SpawnCosts = { put: [], plain: [] };
  // The first round warms up, and does not count.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of [
      ["put", put],
      ["plain", plain],
    ] as const) {
      const times: number[] = [];
      for (let burst = 0; burst < bursts; burst++) {
        const start = Bun.nanoseconds();
        await run(items);
        times.push((Bun.nanoseconds() - start) / children);
      }
      if (round > 0) costs[name].push(middleOf(times));
    }
  }
  return costs;
}

/**
 * Nanoseconds that a child costs which another worker takes while its parent computes, one of each call. A call whose child
 * nobody has taken in time does not count; on a busy machine that can be most of them.
 */
export async function takenCosts(calls: number, whileMs: number): Promise<number[]> {
  const times: number[] = [];
  for (let call = 0; call < MOST_TRIES * calls && times.length < calls; call++) {
    const start = Bun.nanoseconds();
    const [here, there] = await Promise.all([
      pool.run(threadAfter, [whileMs]),
      pool.run(threadAfter, [0]),
    ]);
    if (here !== there) times.push(Bun.nanoseconds() - start - whileMs * 1e6);
  }
  return times;
}

const MOST_TRIES = 10;

/** Computes for some milliseconds. Returns a number that tells the thread. */
export function threadAfter(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return performance.timeOrigin;
}

/** Children in each other, so many. */
export async function depth(n: number): Promise<number> {
  return n === 0 ? 0 : 1 + (await pool.run(depth, [n - 1]));
}

export async function plainDepth(n: number): Promise<number> {
  return n === 0 ? 0 : 1 + (await plainDepth(n - 1));
}

function middleOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] as number;
}
