import type { Callable, ModuleCallable } from "../callable/index.ts";
import type { BroadcastOptions } from "./broadcasts.ts";
import type { CallableOf, OfOverload, OverloadResult, ResultOf } from "./request/callable-types.ts";
import { checkArgs } from "./request/run-options.ts";
import type { CallParameters } from "./request/run-options.ts";
import { StreamCalls } from "./stream-calls.ts";

/** What broadcasts need of a pool. */
export interface BroadcastPool {
  /** See `Broadcasts.put`. */
  put: (
    pool: object,
    callable: Callable | ModuleCallable,
    args: readonly unknown[],
    options: BroadcastOptions | undefined,
  ) => Promise<unknown[]>;
}

/** The method of a pool that runs a callable on each worker. */
export abstract class BroadcastCalls extends StreamCalls {
  /** What broadcasts need of the pool. */
  protected abstract readonly broadcasts: BroadcastPool;

  /**
   * Runs a callable once on each worker that the pool has: to fill or empty what each of them keeps. A busy worker runs it
   * after the requests it has, and the others do not wait for that.
   *
   * @param options `future: true`: each worker that starts later runs it too, before its first request
   * @returns a promise of the results, in the order of `workers` at the call. A worker that is dismissed or recycled before
   *   its turn is left out. Rejects with the first error of the callable, with `WorkerDied` when a worker dies before it
   *   has a result, or as `run` does; the others run it all the same
   */
  broadcast<A extends readonly unknown[] | [], R>(
    callable: CallableOf<A, R>,
    args: A,
    options?: BroadcastOptions,
  ): Promise<Awaited<R>[]>;
  /** As above, for an overloaded callable: the signature that takes the arguments gives the result. */
  broadcast<F extends Callable, A extends readonly unknown[] | []>(
    callable: F | ModuleCallable<F>,
    args: A & OfOverload<F, A>,
    options?: BroadcastOptions,
  ): Promise<OverloadResult<F, A>[]>;
  /** As above, for a `fromModule` reference, and where the arguments are left out. */
  broadcast<F extends Callable>(
    callable: F | ModuleCallable<F>,
    ...[args, options]: CallParameters<F, BroadcastOptions>
  ): Promise<ResultOf<F>[]>;
  async broadcast(
    callable: Callable | ModuleCallable,
    args?: readonly unknown[],
    options?: BroadcastOptions,
  ): Promise<unknown[]> {
    return this.broadcasts.put(this, callable, checkArgs(args, callable), options);
  }
}
