/**
 * The board: children that the runs of workers offer to other workers, without the parent.
 *
 * ```
 * cell     word 0    state     [generation | taker | tag]
 *               1    order     the owner's count of offers, wrapping: the least is the oldest
 *               2    root      task of the request that the tree belongs to
 *               3    root use  generation of that task
 *               4    mark      what the owner says of the child before it is taken
 *               5    stop      1: the child is to stop
 *               6    length    of the payload, in bytes
 *               7    status    of the outcome
 *               8 …  payload   arguments, then outcome
 *
 * FREE ──owner: offer──▶ OFFERED ──taker: take (CAS)──▶ TAKEN(taker) ──taker: finish (CAS)──▶ DONE ──owner: free──▶ FREE
 *   ▲                       │                            │       │
 *   └─owner: take back (CAS)┘                            │       └──parent: the taker is dead (CAS)──▶ LOST ──owner: free──▶ FREE
 *   ▲                                                    └──parent: the owner is dead (CAS)──▶ ORPHANED
 *   └─────taker: finish; or parent: the taker is dead (CAS)────────────────────────────────────────┘
 *
 * TAKEN ──taker: a part of the outcome (CAS)──▶ PART ──owner: has read it (CAS)──▶ TAKEN; a death treats PART as TAKEN
 * ```
 *
 * Each worker owns 32 cells. It alone offers in them, so no two workers compete for a free one. Everything that another thread
 * reads is changed at the queue (gate.ts), the copying of a payload included: so a parent that has shut the gate of a worker
 * cleans up its cells at once, and an owner uses a cell again at once whose taker is dead.
 *
 * The generation counts the offers of a cell, in 20 bits. So a taker that has read a state long ago cannot take a later child
 * by it, unless exactly 1,048,576 offers lie between.
 */
import { CELLS_PER_WORKER, CELL_WORDS } from "./layout.ts";
import type { QueueViews } from "./layout.ts";

/** No child. */
export const NO_CELL = -1;

// The tags of a state.
export const FREE = 0;
export const OFFERED = 1;
export const TAKEN = 2;
export const DONE = 3;
export const LOST = 4;
export const ORPHANED = 5;
export const PART = 6;

export const TAG_MASK = 7;
export const TAKER_SHIFT = 3;
export const TAKER_MASK = 0xff;
export const GENERATION_SHIFT = 11;

export const ORDER = 1;
export const ROOT = 2;
export const ROOT_USE = 3;
export const MARK = 4;
export const STOP = 5;
export const LENGTH = 6;
export const STATUS = 7;
export const PAYLOAD = 8;

/** How many bytes of payload a cell has. */
export const CELL_PAYLOAD_BYTES: number = (CELL_WORDS - PAYLOAD) * 4;

export function pack(generation: number, tag: number, taker: number = 0): number {
  return (generation << GENERATION_SHIFT) | (taker << TAKER_SHIFT) | tag;
}
export function generationIn(state: number): number {
  return state >>> GENERATION_SHIFT;
}
export function takerIn(state: number): number {
  return (state >>> TAKER_SHIFT) & TAKER_MASK;
}

/** First word of a cell. */
export function wordOf(cell: number): number {
  return cell * CELL_WORDS;
}
/** The number of a worker's cell among all cells. */
export function cellOf(worker: number, index: number): number {
  return worker * CELLS_PER_WORKER + index;
}

/** The bit of a cell in the two words of its owner. */
export function bitOf(cell: number): number {
  return 1 << (cell % CELLS_PER_WORKER);
}

/** The request that a tree of children belongs to. */
export interface RootUse {
  /** Its task. */
  readonly task: number;
  /** The generation of that task. */
  readonly generation: number;
}

/** A copy of the payload of a cell. */
export function payloadOf({ board, boardBytes }: QueueViews, cell: number): Uint8Array {
  const first = wordOf(cell);
  const start = (first + PAYLOAD) * 4;
  return boardBytes.slice(start, start + (board[first + LENGTH] as number));
}
