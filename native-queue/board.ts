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
import {
  BOARD_IN_USE,
  BOARD_VERSION,
  CELLS_PER_WORKER,
  CELL_WORDS,
  OFFERING,
  SLEEP_WORDS_IN_USE,
  WORKERS_PER_SLEEP_WORD,
  offeredCellsWord,
  usedCellsWord,
} from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import type { WorkerGate } from "./gate.ts";
import { clearBit, lowestBit, setBit, someBit } from "./bit-sets.ts";
import { wakeHelper } from "./helpers.ts";
import { unpark, wakeOne } from "./parker.ts";
import { distance } from "./sequence.ts";
import { isStopRequested } from "./task-run.ts";
import { TAG_CLAIMED, generationOfState, tagOf } from "./task-state.ts";
import { Atomics } from "./globals.ts";

/** No child. */
export const NO_CELL = -1;

// The tags of a state.
const FREE = 0;
const OFFERED = 1;
const TAKEN = 2;
const DONE = 3;
const LOST = 4;
const ORPHANED = 5;
const PART = 6;

const TAG_MASK = 7;
const TAKER_SHIFT = 3;
const TAKER_MASK = 0xff;
const GENERATION_SHIFT = 11;

const ORDER = 1;
const ROOT = 2;
const ROOT_USE = 3;
const MARK = 4;
const STOP = 5;
const LENGTH = 6;
const STATUS = 7;
const PAYLOAD = 8;

/** How many bytes of payload a cell has. */
export const CELL_PAYLOAD_BYTES: number = (CELL_WORDS - PAYLOAD) * 4;

function pack(generation: number, tag: number, taker: number = 0): number {
  return (generation << GENERATION_SHIFT) | (taker << TAKER_SHIFT) | tag;
}
function generationIn(state: number): number {
  return state >>> GENERATION_SHIFT;
}
function takerIn(state: number): number {
  return (state >>> TAKER_SHIFT) & TAKER_MASK;
}

/** First word of a cell. */
function wordOf(cell: number): number {
  return cell * CELL_WORDS;
}
/** The number of a worker's cell among all cells. */
function cellOf(worker: number, index: number): number {
  return worker * CELLS_PER_WORKER + index;
}

/** The bit of a cell in the two words of its owner. */
function bitOf(cell: number): number {
  return 1 << (cell % CELLS_PER_WORKER);
}

/** The request that a tree of children belongs to. */
export interface RootUse {
  /** Its task. */
  readonly task: number;
  /** The generation of that task. */
  readonly generation: number;
}

/** What an owner knows of a child that it has offered. */
export type OfferState = "offered" | "taken" | "part" | "done" | "lost";

/** The cells of one worker, as their owner sees them. */
export class BoardOwner {
  readonly #gate: WorkerGate;
  readonly #views: QueueViews;
  #order = 0;

  constructor(gate: WorkerGate) {
    this.#gate = gate;
    this.#views = gate.views;
    // Before the first offer: a parent that buries a worker looks at the board from now on.
    if (gate.tryEnter()) Atomics.store(gate.views.words, BOARD_IN_USE, 1);
    gate.leave();
  }

  /**
   * A cell for one more offer, or `NO_CELL`. A taker may still be about to free one that the slot's last worker has left behind.
   */
  freeCell(): number {
    const free = ~Atomics.load(this.#views.words, usedCellsWord(this.#gate.worker));
    return free === 0 ? NO_CELL : cellOf(this.#gate.worker, lowestBit(free));
  }

  /**
   * Offers a child, and wakes a worker that has nothing to do. The worker must be away from the queue.
   *
   * @param cell what `freeCell` has returned
   * @param mark any 32 bits, which a taker can look at before it takes the child
   * @param payload is copied
   * @returns false when this worker has been killed
   */
  offer(cell: number, root: RootUse, mark: number, payload: Uint8Array): boolean {
    const { board, words } = this.#views;
    const { worker } = this.#gate;
    const first = wordOf(cell);
    if (!this.#gate.tryEnter()) return false;
    this.#order = (this.#order + 1) | 0;
    this.#views.boardBytes.set(payload, (first + PAYLOAD) * 4);
    board[first + LENGTH] = payload.length;
    // Takers look at these before they take the child.
    Atomics.store(board, first + ORDER, this.#order);
    Atomics.store(board, first + ROOT, root.task);
    Atomics.store(board, first + ROOT_USE, root.generation);
    Atomics.store(board, first + MARK, mark);
    Atomics.store(board, first + STOP, 0);
    // The bits before the state: a taker clears a bit when it has taken the child, and must not do so before it is set.
    Atomics.or(words, usedCellsWord(worker), bitOf(cell));
    Atomics.or(words, offeredCellsWord(worker), bitOf(cell));
    setBit(words, OFFERING, worker);
    const generation = generationIn(Atomics.load(board, first)) + 1;
    // Pairs with the CAS in takeFrom: whoever sees OFFERED sees all of the above.
    Atomics.store(board, first, pack(generation, OFFERED));
    // The count after the state: a worker that sees the count finds the child. Pairs with the load in hasChildren.
    Atomics.add(words, BOARD_VERSION, 1);
    if (!wakeOne(this.#views)) wakeHelper(this.#views, root.task, worker);
    this.#gate.leave();
    return true;
  }

  /** What has become of an offer. */
  stateOf(cell: number): OfferState {
    switch (Atomics.load(this.#views.board, wordOf(cell)) & TAG_MASK) {
      case OFFERED:
        return "offered";
      case TAKEN:
        return "taken";
      case PART:
        return "part";
      case DONE:
        return "done";
      default:
        return "lost";
    }
  }

  /** Takes an offer back. Returns false when another worker has taken the child. The CAS pairs with the one in `take`. */
  tryTakeBack(cell: number): boolean {
    const { board, words } = this.#views;
    const state = Atomics.load(board, wordOf(cell));
    if ((state & TAG_MASK) !== OFFERED || !this.#gate.tryEnter()) return false;
    const free = pack(generationIn(state), FREE);
    const won = Atomics.compareExchange(board, wordOf(cell), state, free) === state;
    if (won) {
      Atomics.and(words, offeredCellsWord(this.#gate.worker), ~bitOf(cell));
      this.#release(cell);
    }
    this.#gate.leave();
    return won;
  }

  /** Asks a child to stop that another worker has taken. Pairs with the load in `isChildStopped`. */
  requestStop(cell: number): void {
    if (this.#gate.tryEnter()) Atomics.store(this.#views.board, wordOf(cell) + STOP, 1);
    this.#gate.leave();
  }

  /** The outcome of a child that is done: its status and its payload, which stays until `free`. */
  outcomeOf(cell: number): { readonly status: number; readonly payload: Uint8Array } {
    return {
      status: this.#views.board[wordOf(cell) + STATUS] as number,
      payload: payloadOf(this.#views, cell),
    };
  }

  /** Says that a part of an outcome is read, and wakes the taker, which waits to send the next one. */
  partIsRead(cell: number): void {
    const { board } = this.#views;
    const state = Atomics.load(board, wordOf(cell));
    if ((state & TAG_MASK) !== PART || !this.#gate.tryEnter()) return;
    const taker = takerIn(state);
    // Pairs with the load in isPartRead, and with the CAS in buryChildren.
    const taken = pack(generationIn(state), TAKEN, taker);
    if (Atomics.compareExchange(board, wordOf(cell), state, taken) === state)
      unpark(this.#views, taker);
    this.#gate.leave();
  }

  /** The `id` of the worker that has taken a child, or had. */
  takerIdOf(cell: number): number {
    return Atomics.load(this.#views.board, wordOf(cell) + STATUS);
  }

  /** The cell of a child that is done or lost can be used again. */
  free(cell: number): void {
    const { board } = this.#views;
    if (!this.#gate.tryEnter()) return;
    const state = Atomics.load(board, wordOf(cell));
    Atomics.store(board, wordOf(cell), pack(generationIn(state), FREE));
    this.#release(cell);
    this.#gate.leave();
  }

  #release(cell: number): void {
    const { words } = this.#views;
    const { worker } = this.#gate;
    Atomics.and(words, usedCellsWord(worker), ~bitOf(cell));
    // Only this worker sets the bit, so none is lost between the look and the change.
    if (Atomics.load(words, offeredCellsWord(worker)) === 0) clearBit(words, OFFERING, worker);
  }
}

function payloadOf({ board, boardBytes }: QueueViews, cell: number): Uint8Array {
  const first = wordOf(cell);
  const start = (first + PAYLOAD) * 4;
  return boardBytes.slice(start, start + (board[first + LENGTH] as number));
}

/** A child that this worker has taken. */
export interface TakenChild {
  readonly cell: number;
  /** The slot of the worker that has offered it. */
  readonly owner: number;
  readonly generation: number;
  readonly root: RootUse;
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

/** Parent: the slots of the workers that run children of a request, at about this moment. */
export function takersFor(views: QueueViews, { task, generation }: RootUse): number[] {
  const takers: number[] = [];
  forEachCell(views, (first) => {
    const state = Atomics.load(views.board, first);
    const tag = state & TAG_MASK;
    if (tag !== TAKEN && tag !== PART && tag !== ORPHANED) return;
    if (Atomics.load(views.board, first + ROOT) !== task) return;
    if (Atomics.load(views.board, first + ROOT_USE) === generation) takers.push(takerIn(state));
  });
  return takers;
}

/**
 * Parent: cleans up the board after a worker that does nothing more. Its own offers are withdrawn, and children of it that others
 * run become orphans, which are to stop. What it had taken of others is lost, which their owners see when they look again:
 * unpark them after this.
 */
export function buryChildren(views: QueueViews, dead: number): void {
  if (Atomics.load(views.words, BOARD_IN_USE) === 0) return;
  const { board } = views;
  forEachCell(views, (first, owner, cell) => {
    for (;;) {
      const state = Atomics.load(board, first);
      const after = afterDeath(state, owner === dead, dead);
      if (after !== state && Atomics.compareExchange(board, first, state, after) !== state)
        continue;
      // Nobody else frees it: its owner is dead, or was when the taker died.
      if (after !== state && (after & TAG_MASK) === FREE)
        Atomics.and(views.words, usedCellsWord(owner), ~bitOf(cell));
      return;
    }
  });
  Atomics.store(views.words, offeredCellsWord(dead), 0);
  clearBit(views.words, OFFERING, dead);
}

/** The state of a cell when a worker is dead. */
function afterDeath(state: number, isOwn: boolean, dead: number): number {
  const tag = state & TAG_MASK;
  const generation = generationIn(state);
  const isTaken = tag === TAKEN || tag === PART;
  const isTaker = takerIn(state) === dead;
  if (isOwn) {
    if (isTaken) return pack(generation, ORPHANED, takerIn(state));
    return tag === ORPHANED ? state : pack(generation, FREE);
  }
  if (isTaken && isTaker) return pack(generation, LOST, dead);
  return tag === ORPHANED && isTaker ? pack(generation, FREE) : state;
}

/** Calls `look` for the cells that are in use, and for some that have just become free. */
function forEachCell(
  views: QueueViews,
  look: (first: number, owner: number, cell: number) => void,
): void {
  const slots = Atomics.load(views.words, SLEEP_WORDS_IN_USE) * WORKERS_PER_SLEEP_WORD;
  for (let owner = 0; owner < slots; owner++) {
    for (let rest = Atomics.load(views.words, usedCellsWord(owner)); rest !== 0; rest &= rest - 1) {
      const cell = cellOf(owner, lowestBit(rest));
      look(wordOf(cell), owner, cell);
    }
  }
}
