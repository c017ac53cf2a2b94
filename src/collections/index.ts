/**
 * The door of the collections: `map` and its like over many items, in chunks whose size follows the measured run times.
 *
 * This room knows a pool only by `ChunkPool`: it puts chunks, hears what comes of them, and cancels them. It must never know
 * the pool's parts. The worker's half is `chunk-runner.ts`, which a worker loads with the first chunk.
 */
export { ResultStream, StreamFeed, whenDropped } from "./stream.ts";
export type { StreamListener, StreamRunHandle } from "./stream.ts";
export { DEFAULT_BUFFER, STREAM_RUNNER } from "./stream-format.ts";
export { iterate, map, mapSync } from "./collection-methods.ts";
export { parallelFor } from "./parallel-for.ts";
export { reduce } from "./reduce.ts";
export type { SharedArrayClass, SharedArrayOf } from "./shared-array.ts";
export type {
  CallableNaming,
  ChannelRules,
  ChunkChannel,
  ChunkListener,
  ChunkPool,
  ItemOptions,
  PutChunk,
} from "./chunk-pool.ts";
export type { CollectionProgress } from "./collection-plan.ts";
export type {
  ImapOptions,
  ImapUnorderedOptions,
  IntoOptions,
  MapOptions,
  ParallelForOptions,
  ReduceOptions,
  TypedArrayClass,
} from "./options.ts";
