/** The board as takers see it: see board-cell.ts. */
import {
  DONE,
  FREE,
  LENGTH,
  MARK,
  NO_CELL,
  OFFERED,
  ORDER,
  PART,
  PAYLOAD,
  ROOT,
  ROOT_USE,
  STATUS,
  STOP,
  TAG_MASK,
  TAKEN,
  bitOf,
  cellOf,
  generationIn,
  pack,
  payloadOf,
  wordOf,
} from "./board-cell.ts";
import type { RootUse } from "./board-cell.ts";
import {
  BOARD_VERSION,
  OFFERING,
  SLEEP_WORDS_IN_USE,
  WORKERS_PER_SLEEP_WORD,
  offeredCellsWord,
  usedCellsWord,
} from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import type { WorkerGate } from "./gate.ts";
import { lowestBit, someBit } from "./bit-sets.ts";
import { unpark } from "./parker.ts";
import { distance } from "./sequence.ts";
import { isStopRequested } from "./task-run.ts";
import { TAG_CLAIMED, generationOfState, tagOf } from "./task-state.ts";
import { Atomics } from "./globals.ts";

/** A child that this worker has taken. */
export interface TakenChild {
  /** Its cell. */
  readonly cell: number;
  /** The slot of the worker that has offered it. */
  readonly owner: number;
  /** Which offer of that cell it is. */
  readonly generation: number;
  /** The request that its tree belongs to. */
  readonly root: RootUse;
  /** What the owner has said of it. */
  readonly mark: number;
  /** A copy. */
  readonly payload: Uint8Array;
}

/** Which children a worker wants. */
export interface Wish {
  /** Those of this request's tree; undefined for those of any. */
  readonly rootTask: number | undefined;
  /** Whether it can run the child, as far as the mark tells. */
  readonly accepts: (mark: number) => boolean;
}

/** How often the board has changed so far, wrapping. Read it before you look for a child. */
export function boardVersion({ words }: QueueViews): number {
  return Atomics.load(words, BOARD_VERSION);
}

/**
 * Worker: makes every worker look at the board once, where nothing is offered yet: so they prepare for children. Those that have
 * nothing to do are woken.
 */
export function noteBoardChange(gate: WorkerGate): void {
  const { views, worker } = gate;
  if (gate.tryEnter()) {
    Atomics.add(views.words, BOARD_VERSION, 1);
    const slots = Atomics.load(views.words, SLEEP_WORDS_IN_USE) * WORKERS_PER_SLEEP_WORD;
    for (let other = 0; other < slots; other++) if (other !== worker) unpark(views, other);
  }
  gate.leave();
}

/** Whether any worker offers a child, at about this moment. Pairs with the bits that `offer` sets. */
export function isAnyOffered(views: QueueViews): boolean {
  const { words } = views;
  return someBit(views, OFFERING, 0, (owner) => Atomics.load(words, offeredCellsWord(owner)) !== 0);
}

/**
 * Worker, at the queue: takes the oldest child of the first worker that offers one, and stays there.
 *
 * @param workerId tells the owner which worker it was that has taken the child
 * @param from the slot to look at first
 * @returns undefined when no child that it wants is offered
 */
export function takeChild(
  gate: WorkerGate,
  workerId: number,
  from: number,
  wish: Wish,
): TakenChild | undefined {
  let taken: TakenChild | undefined;
  const look = (owner: number): boolean => {
    if (owner === gate.worker) return false;
    taken = takeFrom(gate, workerId, owner, wish);
    return taken !== undefined;
  };
  someBit(gate.views, OFFERING, from, look);
  return taken;
}

function takeFrom(
  gate: WorkerGate,
  workerId: number,
  owner: number,
  wish: Wish,
): TakenChild | undefined {
  const { views, worker } = gate;
  const { board, words } = views;
  for (;;) {
    const offered = Atomics.load(words, offeredCellsWord(owner));
    if (offered === 0) return undefined;
    const { cell, state } = oldestIn(views, owner, offered, wish);
    if (cell === NO_CELL) return undefined;
    const first = wordOf(cell);
    const generation = generationIn(state);
    const taken = pack(generation, TAKEN, worker);
    // Pairs with the store in offer, and with the CAS in tryTakeBack, in buryChildren, and of other takers.
    if (Atomics.compareExchange(board, first, state, taken) !== state) continue;
    Atomics.and(words, offeredCellsWord(owner), ~bitOf(cell));
    const root = {
      task: Atomics.load(board, first + ROOT),
      generation: Atomics.load(board, first + ROOT_USE),
    };
    const mark = Atomics.load(board, first + MARK);
    // The owner reads it when the taker is dead.
    Atomics.store(board, first + STATUS, workerId);
    return { cell, owner, generation, root, mark, payload: payloadOf(views, cell) };
  }
}

function oldestIn(
  { board }: QueueViews,
  owner: number,
  offered: number,
  { rootTask, accepts }: Wish,
): { readonly cell: number; readonly state: number } {
  let oldest = { cell: NO_CELL, state: 0 };
  let oldestOrder = 0;
  for (let rest = offered; rest !== 0; rest &= rest - 1) {
    const cell = cellOf(owner, lowestBit(rest));
    const first = wordOf(cell);
    const state = Atomics.load(board, first);
    if ((state & TAG_MASK) !== OFFERED) continue;
    // The CAS that follows fails when the cell has another child by then.
    const order = Atomics.load(board, first + ORDER);
    if (oldest.cell !== NO_CELL && distance(oldestOrder, order) >= 0) continue;
    if (rootTask !== undefined && Atomics.load(board, first + ROOT) !== rootTask) continue;
    if (!accepts(Atomics.load(board, first + MARK))) continue;
    oldest = { cell, state };
    oldestOrder = order;
  }
  return oldest;
}

/**
 * Worker: sends the outcome of a child that it has taken, and wakes the owner. The worker must be away from the queue, and is
 * so afterwards.
 *
 * @param status any 32 bits that owner and taker agree on
 * @param payload is copied
 */
export function finishChild(
  gate: WorkerGate,
  { cell, owner, generation }: TakenChild,
  status: number,
  payload: Uint8Array,
): void {
  const { views, worker } = gate;
  const { board } = views;
  const first = wordOf(cell);
  if (!gate.tryEnter()) return;
  views.boardBytes.set(payload, (first + PAYLOAD) * 4);
  board[first + LENGTH] = payload.length;
  board[first + STATUS] = status;
  const taken = pack(generation, TAKEN, worker);
  // Pairs with the load in stateOf: an owner that sees DONE sees the outcome.
  if (Atomics.compareExchange(board, first, taken, pack(generation, DONE, worker)) === taken)
    unpark(views, owner);
  else {
    // The owner is dead. Nobody waits for the outcome, and the slot's next worker can use the cell again.
    Atomics.store(board, first, pack(generation, FREE));
    Atomics.and(views.words, usedCellsWord(owner), ~bitOf(cell));
  }
  gate.leave();
}

/**
 * Worker: sends a part of the outcome of a child that it has taken, and wakes the owner. The worker must be away from the queue.
 * Wait for `isPartRead` then.
 */
export function sendPart(
  gate: WorkerGate,
  { cell, owner, generation }: TakenChild,
  part: Uint8Array,
): void {
  const { views, worker } = gate;
  const first = wordOf(cell);
  if (!gate.tryEnter()) return;
  views.boardBytes.set(part, (first + PAYLOAD) * 4);
  views.board[first + LENGTH] = part.length;
  const taken = pack(generation, TAKEN, worker);
  // Pairs with the load in stateOf: an owner that sees PART sees the bytes.
  if (Atomics.compareExchange(views.board, first, taken, pack(generation, PART, worker)) === taken)
    unpark(views, owner);
  gate.leave();
}

/** Worker: whether the next part can be sent, or nobody wants it. Pairs with the CAS in `partIsRead`. */
export function isPartRead(views: QueueViews, { cell, generation }: TakenChild): boolean {
  const state = Atomics.load(views.board, wordOf(cell));
  return (state & TAG_MASK) !== PART || generationIn(state) !== generation;
}

/**
 * Worker: whether the outcome of a child that it has taken was read, or nobody wants it. While it sends the outcome in parts, it was not.
 * Pairs with the store in `free`.
 */
export function isOutcomeRead(views: QueueViews, { cell, generation }: TakenChild): boolean {
  const state = Atomics.load(views.board, wordOf(cell));
  const tag = state & TAG_MASK;
  return (tag !== TAKEN && tag !== PART && tag !== DONE) || generationIn(state) !== generation;
}

/**
 * Worker: whether a child that it has taken is to stop: its owner says so or is dead, or the request of its tree is to stop or
 * over.
 */
export function isChildStopped(views: QueueViews, { cell, generation, root }: TakenChild): boolean {
  const state = Atomics.load(views.board, wordOf(cell));
  const tag = state & TAG_MASK;
  if ((tag !== TAKEN && tag !== PART) || generationIn(state) !== generation) return true;
  if (Atomics.load(views.board, wordOf(cell) + STOP) === 1) return true;
  return isRootStopped(views, root);
}

function isRootStopped(views: QueueViews, { task, generation }: RootUse): boolean {
  const state = Atomics.load(views.words, views.state(task));
  const isSameUse = tagOf(state) === TAG_CLAIMED && generationOfState(state) === generation;
  return !isSameUse || isStopRequested(views, task);
}
