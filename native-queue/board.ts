/** The board as its owners see it, and what the parent does about the dead: see board-cell.ts. */
import {
  DONE,
  FREE,
  LENGTH,
  LOST,
  MARK,
  NO_CELL,
  OFFERED,
  ORDER,
  ORPHANED,
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
  takerIn,
  wordOf,
} from "./board-cell.ts";
import type { RootUse } from "./board-cell.ts";
import {
  BOARD_IN_USE,
  BOARD_VERSION,
  OFFERING,
  SLEEP_WORDS_IN_USE,
  WORKERS_PER_SLEEP_WORD,
  offeredCellsWord,
  usedCellsWord,
} from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import type { WorkerGate } from "./gate.ts";
import { clearBit, lowestBit, setBit } from "./bit-sets.ts";
import { wakeHelper } from "./helpers.ts";
import { unpark, wakeOther } from "./parker.ts";
import { Atomics } from "./globals.ts";

/** What has come of a child that another worker has run. */
export interface ChildOutcome {
  /** What the taker has sent with it. */
  readonly status: number;
  /** A copy. */
  readonly payload: Uint8Array;
}

/** What an owner knows of a child that it has offered. */
export type OfferState = "offered" | "taken" | "part" | "done" | "lost";

/** The cells of one worker, as their owner sees them. */
export class BoardOwner {
  readonly #gate: WorkerGate;
  readonly #views: QueueViews;
  #order = 0;

  /** @param gate of the worker that owns the cells; it must have started */
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
    // The board has no cells for the workers with the last slots.
    if (wordOf(cellOf(this.#gate.worker, 0)) >= this.#views.board.length) return NO_CELL;
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
    if (!wakeOther(this.#views, worker)) wakeHelper(this.#views, root.task, worker);
    this.#gate.leave();
    return true;
  }

  /** Makes this worker look again that waits in its event loop. */
  wakeSelf(): void {
    if (this.#gate.tryEnter()) unpark(this.#views, this.#gate.worker);
    this.#gate.leave();
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

  /** Asks a child to stop that another worker has taken, and wakes the taker. Pairs with the load in `isChildStopped`. */
  requestStop(cell: number): void {
    const { board } = this.#views;
    if (this.#gate.tryEnter()) {
      Atomics.store(board, wordOf(cell) + STOP, 1);
      // After the store: a taker that waits looks again. It looks once in vain when the child is over by now.
      unpark(this.#views, takerIn(Atomics.load(board, wordOf(cell))));
    }
    this.#gate.leave();
  }

  /** The outcome of a child that is done: its status and its payload, which stays until `free`. */
  outcomeOf(cell: number): ChildOutcome {
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

/** A child that goes on although its owner is dead. */
export interface Orphan {
  /** The slot of the worker that runs it. */
  readonly taker: number;
  /** The index of its first word on the board. */
  readonly first: number;
  /** What stood there: it changes when the child is over. */
  readonly state: number;
}

/** Parent: the children that go on although their owners are dead. They have been asked to stop. */
export function orphansOf(views: QueueViews): Orphan[] {
  const orphans: Orphan[] = [];
  if (Atomics.load(views.words, BOARD_IN_USE) === 0) return orphans;
  forEachCell(views, (first) => {
    const state = Atomics.load(views.board, first);
    if ((state & TAG_MASK) === ORPHANED) orphans.push({ taker: takerIn(state), first, state });
  });
  return orphans;
}

/** Parent: whether a child still goes on. */
export function isOrphan({ board }: QueueViews, { first, state }: Orphan): boolean {
  return Atomics.load(board, first) === state;
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
