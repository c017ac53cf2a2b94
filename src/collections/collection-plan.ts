import type { Callable, ModuleCallable, Runner } from "../callable/index.ts";
import type { ChannelRules, ItemOptions } from "./chunk-pool.ts";
import type { RangePlan } from "./ranges.ts";
import type { Source } from "./sources.ts";

/** How far a collection has come. */
export interface CollectionProgress {
  /** How many items have an outcome. */
  readonly done: number;
  /** How many items there are; undefined while that is unknown. */
  readonly total: number | undefined;
}

/** What a collection is to do. */
export interface CollectionPlan {
  readonly callable: Callable | ModuleCallable;
  readonly runner: Runner;
  readonly source: Source;
  readonly options: ItemOptions;
  readonly mode: ChannelRules["mode"];
  /** Whether a failure waits for the outcomes of the items before it. */
  readonly failsInOrder: boolean;
  /** Whether an item is the list of the callable's arguments. */
  readonly isSpread: boolean;
  /** Whether the collection goes on after an item has failed. */
  readonly settles: boolean;
  readonly chunkSize: number | undefined;
  /** What is particular about a collection whose items are the numbers of a range; undefined for every other one. */
  readonly ranges?: RangePlan;
  /** How many items may be taken that are not handed over; undefined for as many as a few chunks have. */
  readonly buffer: number | undefined;
  readonly onProgress: ((progress: CollectionProgress) => void) | undefined;
}
