import type { PoolStats } from "../index.ts";
import { Map, TypeError, inspect } from "../runtime/index.ts";

/** What has figures: a `ThreadPool`. */
export interface StatsSource {
  /** The figures at this moment. */
  stats(): PoolStats;
}

/** The figures of a pool, and the name under which they are told. */
export interface NamedStats {
  readonly name: string;
  readonly stats: PoolStats;
}

/** Checks that a value is a pool, or an array of pools. @param call how the call is written, for the message */
export function checkSources(value: unknown, call: string): readonly StatsSource[] {
  const sources: unknown[] = Array.isArray(value) ? value : [value];
  if (sources.every(isSource)) return sources as StatsSource[];
  throw new TypeError(
    `${call} takes a ThreadPool, or an array of them: pools=${inspect(value, { depth: 0 })}`,
  );
}

/**
 * Reads the figures of pools. Pools of one name would give the same series twice, which no collector takes, so the second of
 * them is `name#2`, and so on, in the order of the array.
 */
export function readAll(sources: readonly StatsSource[]): NamedStats[] {
  const counts = new Map<string, number>();
  return sources.map((source) => {
    const stats = source.stats();
    const count = (counts.get(stats.name) ?? 0) + 1;
    counts.set(stats.name, count);
    return { name: count === 1 ? stats.name : `${stats.name}#${count}`, stats };
  });
}

function isSource(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { stats?: unknown }).stats === "function"
  );
}
