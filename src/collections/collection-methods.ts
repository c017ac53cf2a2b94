import type { Callable, ModuleCallable } from "../callable/index.ts";
import { Promise } from "../runtime/index.ts";
import { MAP_RUNNER } from "./chunk-format.ts";
import type { ChunkPool } from "./chunk-pool.ts";
import { Collection } from "./collection.ts";
import type { CollectionPlan } from "./collection-plan.ts";
import { checkOptions } from "./options.ts";
import type { CheckedOptions, CollectionCall } from "./options.ts";
import { ArraySink, OutcomeIterator } from "./sinks.ts";
import { inPresentContext, openSource } from "./sources.ts";
import { TypedSink } from "./typed-sink.ts";

type AnyCallable = Callable | ModuleCallable;

/** See `ThreadPool.map` and `ThreadPool.starmap`. */
export function map(
  pool: ChunkPool,
  call: "map" | "starmap",
  callable: AnyCallable,
  items: unknown,
  options: unknown,
): Promise<unknown> {
  try {
    const checked = checkOptions(options, call);
    const sink = sinkOf(checked);
    const collection = new Collection(
      pool,
      planOf(pool, call, callable, items, checked, "awaits"),
      sink,
    );
    sink.collection = collection;
    collection.go();
    return sink.promise;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** See `ThreadPool.mapSync`. */
export function mapSync(
  pool: ChunkPool,
  callable: AnyCallable,
  items: unknown,
  options: unknown,
): unknown {
  const checked = checkOptions(options, "mapSync");
  const sink = sinkOf(checked);
  const collection = new Collection(
    pool,
    planOf(pool, "mapSync", callable, items, checked, "blocks"),
    sink,
  );
  sink.collection = collection;
  // It is thrown.
  sink.promise.catch(() => {});
  collection.go();
  try {
    collection.wait();
  } catch (error) {
    // onProgress has thrown, or a call of the pool that it has made. It may have been the last one, with all results there.
    collection.fail(error);
    throw error;
  }
  if (sink.failure !== undefined) throw sink.failure.reason;
  return sink.results;
}

function sinkOf({ into, settles }: CheckedOptions): ArraySink | TypedSink {
  return into === undefined ? new ArraySink(settles) : new TypedSink(into);
}

/** See `ThreadPool.imap` and `ThreadPool.imapUnordered`. */
export function iterate(
  pool: ChunkPool,
  call: "imap" | "imapUnordered",
  callable: AnyCallable,
  items: unknown,
  options: unknown,
): OutcomeIterator {
  const checked = checkOptions(options, call);
  const { settles, entries } = checked;
  const iterator = new OutcomeIterator({ isOrdered: call === "imap", settles, entries });
  const plan = planOf(pool, call, callable, items, checked, "iterates");
  iterator.collection = new Collection(pool, plan, iterator);
  iterator.collection.go();
  return iterator;
}

function planOf(
  pool: ChunkPool,
  call: CollectionCall,
  callable: AnyCallable,
  items: unknown,
  { items: options, chunkSize, buffer, settles, onProgress }: CheckedOptions,
  mode: CollectionPlan["mode"],
): CollectionPlan {
  return {
    // First: what is no callable is often a call of it, and then the items are wrong as well.
    runner: pool.naming.runnerOf(MAP_RUNNER, callable),
    callable,
    source: openSource(items, call),
    options,
    mode,
    failsInOrder: call === "imap",
    isSpread: call === "starmap",
    settles,
    chunkSize,
    buffer,
    onProgress: inPresentContext(onProgress),
  };
}
