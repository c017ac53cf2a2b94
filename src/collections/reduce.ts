import type { Callable, ModuleCallable } from "../callable/index.ts";
import { Promise } from "../runtime/index.ts";
import { REDUCE_RUNNER } from "./chunk-format.ts";
import type { ChunkPool } from "./chunk-pool.ts";
import { Collection } from "./collection.ts";
import { FoldSink } from "./fold-sink.ts";
import { checkOptions } from "./options.ts";
import { inPresentContext, openSource } from "./sources.ts";

type AnyCallable = Callable | ModuleCallable;

/** See `ThreadPool.reduce`. */
export function reduce(
  pool: ChunkPool,
  callable: AnyCallable,
  items: unknown,
  combine: AnyCallable,
  initial: unknown,
  options: unknown,
): Promise<unknown> {
  try {
    const checked = checkOptions(options, "reduce");
    const runner = pool.naming.runnerOf(REDUCE_RUNNER, callable, combine);
    const sink = new FoldSink(functionOf(pool, combine), initial);
    const collection = new Collection(
      pool,
      {
        callable,
        runner,
        source: openSource(items, "reduce"),
        options: checked.items,
        mode: "awaits",
        failsInOrder: false,
        isSpread: false,
        settles: false,
        chunkSize: checked.chunkSize,
        buffer: undefined,
        onProgress: inPresentContext(checked.onProgress),
      },
      sink,
    );
    sink.collection = collection;
    collection.go();
    return sink.promise;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The function that combines here what the workers have combined there. */
function functionOf(
  pool: ChunkPool,
  combine: AnyCallable,
): (left: unknown, right: unknown) => unknown {
  if (typeof combine === "function") return combine as (...args: unknown[]) => unknown;
  const loaded = pool.naming.load(combine);
  // The first result that is to be combined tells of a failure.
  loaded.catch(() => {});
  return async (left, right) => (await loaded)(left, right);
}
