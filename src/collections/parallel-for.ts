import type { Callable, ModuleCallable } from "../callable/index.ts";
import { loadedCodec } from "../codec/index.ts";
import {
  Promise,
  RangeError,
  TypeError,
  describeValue,
  promiseWithResolvers,
} from "../runtime/index.ts";
import { RANGE_RUNNER } from "./chunk-format.ts";
import type { RangeArgs } from "./chunk-format.ts";
import type { ChunkPool } from "./chunk-pool.ts";
import { Collection } from "./collection.ts";
import { checkParallelForOptions } from "./options.ts";
import type { Sink } from "./outcomes.ts";
import { NumberSource, RangeSizes } from "./ranges.ts";
import { inPresentContext } from "./sources.ts";

/** See `ThreadPool.parallelFor`. */
export function parallelFor(
  pool: ChunkPool,
  callable: Callable | ModuleCallable,
  length: unknown,
  options: unknown,
): Promise<void> {
  try {
    const { items, grain, args, onProgress } = checkParallelForOptions(options);
    const runner = pool.naming.runnerOf(RANGE_RUNNER, callable);
    const total = checkLength(length);
    let isChecked = false;
    const sink = new EndSink();
    new Collection(
      pool,
      {
        callable,
        runner,
        source: { isAsync: false, source: new NumberSource(total) },
        options: items,
        mode: "awaits",
        failsInOrder: false,
        isSpread: false,
        settles: false,
        chunkSize: undefined,
        ranges: {
          sizes: new RangeSizes(grain),
          argsOf: (segment, flags, { foreign }): RangeArgs => {
            // What cannot cross is refused before anything runs, with the path that the caller knows.
            if (!isChecked) new (loadedCodec().Encoder)().prepare(args, "args", undefined, foreign);
            isChecked = true;
            return [flags, segment.first, segment.items.length, grain ?? 0, ...args];
          },
        },
        buffer: undefined,
        onProgress: inPresentContext(onProgress),
      },
      sink,
    ).go();
    return sink.promise;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Has a promise of the end. */
class EndSink implements Sink {
  readonly handedOver = 0;
  readonly #settled = promiseWithResolvers<void>();

  get promise(): Promise<void> {
    return this.#settled.promise;
  }

  take(): void {}

  end(): void {
    this.#settled.resolve();
  }

  fail(reason: unknown): void {
    this.#settled.reject(reason);
  }
}

function checkLength(length: unknown): number {
  const range =
    "parallelFor calls the callable for the numbers from 0 to length - 1; length is a whole number, 0 or more: length=";
  if (typeof length !== "number") throw new TypeError(range + describeValue(length));
  if (!Number.isSafeInteger(length) || length < 0) throw new RangeError(range + length);
  return length;
}
