/** The collections of a pool, as its contract says. Versions without them take no part in the questions about them. */
import type { ThreadPool } from "ringpool";
import type { Entry } from "../interleave.ts";
import type { Failure } from "../result.ts";
import { RINGPOOL } from "./names.ts";

type Map = <T>(callable: (item: T) => unknown, items: Iterable<T>) => Promise<unknown[]>;
type Imap = <T>(callable: (item: T) => unknown, items: Iterable<T>) => AsyncIterable<unknown>;

export function mapOf(pool: ThreadPool): Map {
  return method(pool, "map") as Map;
}

export function imapUnorderedOf(pool: ThreadPool): Imap {
  return method(pool, "imapUnordered") as Imap;
}

function method(pool: ThreadPool, name: string): unknown {
  const found = (pool as unknown as Record<string, CallableFunction | undefined>)[name];
  if (found === undefined) throw new Error(`This version has no such method: name=${name}`);
  return found.bind(pool);
}

/** The entry of `pool.map`, or the failure that says why there is none. */
export function mapEntry<T>(
  pool: ThreadPool,
  callable: (item: T) => unknown,
  items: readonly T[],
  where: string,
): { entries: Entry[]; failures: Failure[] } {
  try {
    const map = mapOf(pool);
    return { entries: [{ name: RINGPOOL, sample: () => map(callable, items) }], failures: [] };
  } catch (error) {
    return {
      entries: [],
      failures: [{ contestant: RINGPOOL, case: where, error: String(error) }],
    };
  }
}
