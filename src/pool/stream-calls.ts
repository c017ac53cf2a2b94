import type { Callable, ModuleCallable } from "../callable/index.ts";
import type { ResultStream } from "../collections/index.ts";
import { CollectionCalls } from "./collection-calls.ts";
import type { CallableOf, OfOverload } from "./request/callable-types.ts";
import { checkArgs } from "./request/run-options.ts";
import type { CallParameters } from "./request/run-options.ts";
import type { StreamOptions } from "./streams.ts";

/** What a generator function returns, plain or async. */
export type Generated<T, R> = Generator<T, R, undefined> | AsyncGenerator<T, R, undefined>;

/** A generator as a callable. */
export type GeneratorCallable = (this: void, ...args: never[]) => Generated<unknown, unknown>;

/** The stream of a generator: its values are awaited, as `for await` does. */
export type StreamOf<F extends GeneratorCallable> =
  ReturnType<F> extends Generated<infer T, infer R> ? ResultStream<Awaited<T>, Awaited<R>> : never;

/** What streams need of a pool. */
export interface StreamPool {
  /** See `Streams.open`. */
  open: (
    pool: object,
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    options: StreamOptions | undefined,
  ) => ResultStream<unknown, unknown>;
  /** Ends every stream that was begun. */
  endAll: (reason: () => Error) => void;
}

/** The methods of a pool that run a generator. */
export abstract class StreamCalls extends CollectionCalls {
  /** What streams need of the pool. */
  protected abstract readonly streams: StreamPool;

  /**
   * Runs a generator in a worker, and gives what it yields, one value after the other.
   *
   * The generator begins when the first value is asked for. It runs ahead by `buffer` values at most, and then waits for the
   * consumer: it keeps its worker meanwhile, and burns no CPU. To leave the loop ends it, and its `finally` runs. An error that it
   * throws is thrown after the values before it, and so is `WorkerDied`; an abort at once.
   *
   * @param callable a generator function or an async one, exported, inline or a `fromModule` reference
   * @returns a stream that can be iterated once
   * @throws CallableError when a worker could not find the callable; TypeError, RangeError for bad options. What `run` rejects with
   *   otherwise, such as `PoolClosed` and `PayloadError`, is thrown by the first `next()`
   * @example
   * ```ts
   * for await (const row of pool.stream(parseRows, [path])) await insert(row);
   * const response = new Response(pool.stream(compress, [path]));
   * ```
   */
  stream<A extends readonly unknown[] | [], T, R>(
    callable: CallableOf<A, Generated<T, R>>,
    args: A,
    options?: StreamOptions,
  ): ResultStream<Awaited<T>, Awaited<R>>;
  /** As above, for an overloaded callable: the last signature gives the values. */
  stream<F extends GeneratorCallable, A extends readonly unknown[] | []>(
    callable: F | ModuleCallable<F>,
    args: A & OfOverload<F, A>,
    options?: StreamOptions,
  ): StreamOf<F>;
  /** As above, for a `fromModule` reference, and where the arguments are left out. */
  stream<F extends GeneratorCallable>(
    callable: F | ModuleCallable<F>,
    ...[args, options]: CallParameters<F, StreamOptions>
  ): StreamOf<F>;
  stream(
    callable: Callable | ModuleCallable,
    args?: readonly unknown[],
    options?: StreamOptions,
  ): ResultStream<never, never> {
    const stream: object = this.streams.open(this, callable, checkArgs(args, callable), options);
    return stream as ResultStream<never, never>;
  }
}
