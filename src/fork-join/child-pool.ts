import type { Callable, ModuleCallable } from "../callable/index.ts";
import { forkJoin } from "./thread.ts";
import type { ChildMapOptions, ChildOptions, ChildRangeOptions } from "./control.ts";

/** A callable of children, with these arguments and this result. */
export type ChildFunction<A extends readonly unknown[], R> = (this: void, ...args: A) => R;

/**
 * Puts children of the run that the calling code belongs to: calls that run in this worker, or in another one of the pool that
 * has nothing to do.
 *
 * A child that no other worker takes runs in the thread of its parent, with the very arguments that it was given; one that is taken
 * gets copies. So leave arguments as they are until the child is over, do not change them in the child, and share memory where
 * several are to write.
 */
export interface ChildPool {
  /**
   * Puts a child.
   *
   * @returns a promise of its result; it rejects with what the callable throws, or with `signal.reason`
   * @throws (rejects) CallableError for what no other worker could call, and ThreadPoolError when the run is over
   * @example
   * ```ts
   * export async function fib(n: number): Promise<number> {
   *   if (n < 25) return plainFib(n);
   *   const [a, b] = await Promise.all([pool.run(fib, [n - 1]), pool.run(fib, [n - 2])]);
   *   return a + b;
   * }
   * ```
   */
  run<A extends readonly unknown[], R>(
    callable: ChildFunction<A, R> | ModuleCallable<Extract<ChildFunction<A, R>, Callable>>,
    args: Readonly<A>,
    options?: ChildOptions,
  ): Promise<Awaited<R>>;
  /** As above, for a callable without arguments. */
  run<R>(callable: ChildFunction<[], R>): Promise<Awaited<R>>;
  /**
   * Runs a child and blocks until it has ended. Its own children may be taken by other workers meanwhile.
   *
   * @returns its result, awaited. An asynchronous callable may wait for its own children, and for nothing that needs the event loop
   * @throws what the callable throws
   */
  runSync<A extends readonly unknown[], R>(
    callable: ChildFunction<A, R> | ModuleCallable<Extract<ChildFunction<A, R>, Callable>>,
    args: Readonly<A>,
    options?: ChildOptions,
  ): Awaited<R>;
  /** As above, for a callable without arguments. */
  runSync<R>(callable: ChildFunction<[], R>): Awaited<R>;
  /**
   * Calls the callable for each item, each call a child.
   *
   * @returns a promise of the results, in the order of the items. It rejects with the first error, which gets an own property `index`;
   *   then no more items begin
   */
  map<T, R>(
    callable: ChildFunction<[T], R>,
    items: Iterable<T>,
    options?: ChildMapOptions,
  ): Promise<Awaited<R>[]>;
  /** The same, but blocks until all items are done. */
  mapSync<T, R>(
    callable: ChildFunction<[T], R>,
    items: Iterable<T>,
    options?: ChildMapOptions,
  ): Awaited<R>[];
  /**
   * Calls the callable for ranges of the numbers from 0 to `length - 1`, as `(start, end, ...args)`, each call a child.
   *
   * @returns a promise of the end of all of them. It rejects with the first error, which gets an own property `index`: the start of the
   *   range
   */
  parallelFor<Args extends readonly unknown[] = []>(
    callable: ChildFunction<[start: number, end: number, ...args: Args], unknown>,
    length: number,
    options?: ChildRangeOptions<Args>,
  ): Promise<void>;
}

/**
 * Parallel work inside parallel work: children of the running request. Outside a pool the children run in the calling thread.
 *
 * @example
 * ```ts
 * import { pool } from "ringpool/worker";
 *
 * export function sortRange([values, from, to]: readonly [Float64Array, number, number]): void {
 *   if (to - from < 10_000) return void values.subarray(from, to).sort();
 *   const middle = (from + to) >> 1;
 *   pool.mapSync(sortRange, [[values, from, middle], [values, middle, to]]);
 *   merge(values, from, middle, to);
 * }
 * ```
 */
export const pool: ChildPool = {
  run: ((...args: Parameters<ReturnType<typeof forkJoin>["run"]>) =>
    forkJoin().run(...args)) as ChildPool["run"],
  runSync: ((...args: Parameters<ReturnType<typeof forkJoin>["runSync"]>) =>
    forkJoin().runSync(...args)) as ChildPool["runSync"],
  map: ((...args: Parameters<ReturnType<typeof forkJoin>["map"]>) =>
    forkJoin().map(...args)) as ChildPool["map"],
  mapSync: ((...args: Parameters<ReturnType<typeof forkJoin>["mapSync"]>) =>
    forkJoin().mapSync(...args)) as ChildPool["mapSync"],
  parallelFor: ((...args: Parameters<ReturnType<typeof forkJoin>["parallelFor"]>) =>
    forkJoin().parallelFor(...args)) as ChildPool["parallelFor"],
};
