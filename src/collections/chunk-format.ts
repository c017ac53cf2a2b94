/*
 * What travels between a collection and the runner of its chunks: the arguments of a chunk's request, and the reports and the
 * reply that come back.
 */

import type { PackedColumns } from "../codec/columns/index.ts";

/** The name of the runner that calls a callable for each item of a chunk. */
export const MAP_RUNNER = "map";

/** Chunk flag: each item is the list of the callable's arguments. */
export const SPREADS = 1;
/** Chunk flag: the chunk goes on after an item has failed. */
export const SETTLES = 2;
/** Chunk flag: the task has an item cursor, so the parent may take the items away that are not begun. */
export const HAS_CURSOR = 4;
/** Chunk flag: results and errors may hold instances of unregistered classes, which become plain data. */
export const IS_PLAIN = 8;

/** Chunk flag: the parent wants to know, while the chunk runs, how far it has come. */
export const REPORTS = 16;

/** The name of the runner that calls a callable for the parts of a range of numbers. */
export const RANGE_RUNNER = "range";
/** The name of the runner that calls a callable for each item of a chunk, and combines the results. */
export const REDUCE_RUNNER = "reduce";

/**
 * The arguments of the request of a chunk of a range: its first number, how many numbers it has, how many of them each call
 * gets (0 when the runner is to decide), and what the callable gets behind the numbers.
 */
export type RangeArgs = readonly [
  flags: number,
  start: number,
  length: number,
  grain: number,
  ...args: unknown[],
];

/** The arguments of a chunk's request. */
export type ChunkArgs = readonly [flags: number, items: Packed];

/**
 * Values that travel together and are independent of each other: an object that two of them refer to arrives twice, as with two
 * requests.
 *
 * - in columns;
 * - values that bytes cannot carry, as they are: the request that carries them takes care of their parts.
 */
export type Packed = PackedColumns | readonly [values: readonly unknown[]];

/** The results of some neighbouring items of a chunk. */
export type ChunkReport = readonly [
  /** The index in the chunk of the first of them. */
  from: number,
  count: number,
  /** One for each item; undefined for one that has failed. */
  values: Packed,
  /** For each failed item its index among these, and its encoded error. */
  failures: readonly (readonly [at: number, encoded: Uint8Array])[],
  /** How long these items ran, in milliseconds. */
  ranMs: number,
];
