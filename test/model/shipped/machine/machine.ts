import { effectOf } from "./operation.ts";
import type { Operation, Outcome } from "./operation.ts";
import { SharedMemory } from "./shared-memory.ts";
import type { Stage } from "./stage.ts";
import { VirtualThread, localAt } from "./virtual-thread.ts";
import type { CallEvent, Local, Point, ThreadCode } from "./virtual-thread.ts";

/** A state of the machine. */
export interface State {
  readonly memory: number;
  readonly locals: readonly Local[];
  /** The history of calls so far, by its number in `Machine.histories`. */
  readonly history: number;
}

/** What happens next, as one number: `thread * 4 + way`. */
export type Transition = number;

/** A thread does its next operation. */
export const STEP = 0;
/**
 * The limit of a wait runs out, an event loop hears of the end of a thread although a promise has resolved too, or a plain
 * write stays hidden for longer.
 */
export const OTHERWISE = 1;
/** A thread dies. */
export const DEATH = 2;

/** The thread of a transition. */
export function threadOf(transition: Transition): number {
  return transition >> 2;
}
/** The way of a transition: `STEP`, `OTHERWISE` or `DEATH`. */
export function wayOf(transition: Transition): number {
  return transition & 3;
}

/** A call history as a list that shares its beginning with others. */
interface History {
  readonly before: number;
  readonly event: CallEvent | undefined;
  readonly after: Map<string, number>;
}

/** Numbers of the machine's own cells of one thread. */
interface LifeCells {
  readonly dead: number;
  readonly terminated: number;
}

/**
 * The machine that virtual threads run on: sequentially consistent memory, and waiters on its cells. Plain writes of loose
 * words come to that memory later than in the code (`showHidden`).
 *
 * A state is a value. A transition is one operation of one thread, or something that happens to a thread: the limit of
 * its wait runs out, its event loop hears of the end of a thread, or it dies. `enabled` lists what can happen next,
 * `apply` does it, and the explorer chooses.
 */
export class Machine {
  readonly memory: SharedMemory;
  readonly threads: readonly VirtualThread[];
  readonly start: State;
  readonly #life: readonly LifeCells[];
  readonly #deathsLeft: number;
  readonly #histories: History[] = [{ before: -1, event: undefined, after: new Map() }];

  /**
   * @param makeThreads gives the threads; called when cells can be named
   * @param deaths how many mortal threads may die
   */
  constructor(
    stage: Stage,
    makeThreads: (lives: readonly LifeCells[], addCell: AddCell) => readonly ThreadCode[],
    deaths: number,
    count: number,
  ) {
    this.memory = new SharedMemory();
    stage.begin(this.memory);
    const addCell: AddCell = (name, initial = 0) => this.memory.addCell(name, initial);
    this.#life = Array.from({ length: count }, (_, i) => ({
      dead: addCell(`dead[${i}]`),
      terminated: addCell(`terminated[${i}]`),
    }));
    this.#deathsLeft = addCell("deaths left", deaths);
    this.threads = makeThreads(this.#life, addCell).map(
      (code, index) => new VirtualThread(index, code, stage.record),
    );
    this.start = this.#untilReady({
      memory: this.memory.start,
      locals: this.threads.map((thread) => localAt(thread.start)),
      history: 0,
    });
  }

  /** Whether a thread can do its next operation. */
  canStep(state: State, thread: number): boolean {
    const { point, isParked, isDead, notified } = state.locals[thread] as Local;
    const { next } = point;
    if (next === undefined || isParked || isDead) return false;
    switch (next.kind) {
      case "pause":
        return (
          next.seen.length === 0 ||
          next.seen.some(({ cell, value }) => this.memory.valueOf(state.memory, cell) !== value)
        );
      case "await":
        return isNotified(point, notified, next.operand);
      case "eventLoop":
        return isNotified(point, notified, next.operand) || this.#newlyDead(state, next) !== -1;
      case "until":
        return this.memory.valueOf(state.memory, next.cell) !== next.operand;
      default:
        return true;
    }
  }

  /** Everything that can happen next. */
  enabled(state: State): Transition[] {
    const transitions: Transition[] = [];
    for (let thread = 0; thread < this.threads.length; thread++) {
      const { point, isParked, isDead, notified } = state.locals[thread] as Local;
      const { next } = point;
      if (isDead) continue;
      if (next === undefined) {
        // It has ended, and the thread that has terminated it will hear of that.
        if (this.isTerminated(state, thread)) transitions.push(thread * 4 + DEATH);
        continue;
      }
      if (this.canStep(state, thread)) transitions.push(thread * 4 + STEP);
      const mayDoOtherwise =
        isParked || next.kind === "show"
          ? next.mayTimeOut
          : next.kind === "eventLoop" &&
            isNotified(point, notified, next.operand) &&
            this.#newlyDead(state, next) !== -1;
      if (mayDoOtherwise) transitions.push(thread * 4 + OTHERWISE);
      if (this.#mayDie(state, thread)) transitions.push(thread * 4 + DEATH);
    }
    return transitions;
  }

  /** Whether nothing more will happen, unless a thread dies that was not terminated. */
  isQuiet(state: State, enabled: readonly Transition[]): boolean {
    return enabled.every(
      (transition) =>
        wayOf(transition) === DEATH && !this.isTerminated(state, threadOf(transition)),
    );
  }

  /** The state after a transition. */
  apply(state: State, transition: Transition): State {
    const thread = threadOf(transition);
    const local = state.locals[thread] as Local;
    switch (wayOf(transition)) {
      case DEATH:
        return this.#die(state, thread, local);
      case OTHERWISE: {
        const next = local.point.next as Operation;
        if (next.kind === "show") return this.#goOn(state, thread, "later");
        const outcome =
          next.kind === "eventLoop" ? this.#newlyDead(state, next) : ("timed-out" as const);
        return this.#goOn(state, thread, outcome);
      }
      default:
        return this.#step(state, thread, local);
    }
  }

  /**
   * The cells that a transition to `then` reads and writes, as `2 * cell` and `2 * cell + 1`. Two transitions of
   * different threads commute if neither writes what the other reads or writes. Cells below -1 stand for
   * the waiters on a cell, the lowest of all for the history of calls.
   */
  footprint(state: State, transition: Transition, then: State): number[] {
    const thread = threadOf(transition);
    const local = state.locals[thread] as Local;
    const next = local.point.next as Operation;
    if (wayOf(transition) === DEATH) return this.#footprintOfDeath(thread, local);
    if (wayOf(transition) === OTHERWISE && local.isParked) return [writes(waitersOn(next.cell))];
    const staysHidden = wayOf(transition) === OTHERWISE && next.kind === "show";
    const cells = staysHidden ? [] : this.#cellsOf(state, next);
    if (then.history !== state.history) cells.push(writes(CALLS));
    return cells;
  }

  /** The history of calls, in the order of their events. */
  eventsOf(history: number): CallEvent[] {
    const events: CallEvent[] = [];
    for (let at = history; at !== 0;) {
      const { before, event } = this.#histories[at] as History;
      events.push(event as CallEvent);
      at = before;
    }
    return events.reverse();
  }

  /** Whether a thread is gone. */
  isDead(state: State, thread: number): boolean {
    return this.memory.valueOf(state.memory, this.cellOfDeath(thread)) !== 0;
  }

  /** The cell that says whether a thread is gone. */
  cellOfDeath(thread: number): number {
    return (this.#life[thread] as LifeCells).dead;
  }

  /** Whether a thread was terminated: it ends at whatever step it has come to, sooner or later. */
  isTerminated(state: State, thread: number): boolean {
    const { terminated } = this.#life[thread] as LifeCells;
    return this.memory.valueOf(state.memory, terminated) !== 0;
  }

  #step(state: State, thread: number, local: Local): State {
    const next = local.point.next as Operation;
    const { memory } = this;
    switch (next.kind) {
      case "wait":
      case "waitAsync": {
        if (memory.valueOf(state.memory, next.cell) !== (next.operand | 0))
          return this.#goOn(state, thread, "not-equal");
        if (next.kind === "waitAsync") return this.#goOn(state, thread, next.expected);
        return withLocal(state, thread, localAt(local.point, true, local.notified));
      }
      case "notify":
        return this.#notify(state, thread, next.cell);
      case "pause":
      case "ready":
      case "await":
        return this.#goOn(state, thread, "ok");
      case "eventLoop": {
        const isResolved = isNotified(local.point, local.notified, next.operand);
        return this.#goOn(state, thread, isResolved ? "ok" : this.#newlyDead(state, next));
      }
      default: {
        const before = memory.valueOf(state.memory, next.cell);
        const { outcome, after } = effectOf(next, before);
        if (after === before) return this.#goOn(state, thread, outcome);
        return this.#goOn(
          { ...state, memory: memory.write(state.memory, next.cell, after) },
          thread,
          outcome,
        );
      }
    }
  }

  /** The state in which a thread's operation has returned. */
  #goOn(state: State, thread: number, outcome: Outcome): State {
    const local = state.locals[thread] as Local;
    const { point } = local;
    const after = point.thread.after(point, outcome);
    let { notified } = local;
    if (after.waiters.length < point.waiters.length) {
      const gone = point.waiters.findIndex(({ token }) => token === point.next?.operand);
      notified = (notified & ((1 << gone) - 1)) | ((notified >> (gone + 1)) << gone);
    }
    const history = this.#extend(this.#extend(state.history, point.begun), after.ended);
    const locals = state.locals.with(thread, localAt(after, false, notified));
    return { memory: state.memory, locals, history };
  }

  #notify(state: State, notifier: number, cell: number): State {
    let woken = 0;
    let after = state;
    for (const [thread, local] of state.locals.entries()) {
      if (local.isDead) continue;
      let { notified } = local;
      for (const [i, waiter] of local.point.waiters.entries()) {
        if (waiter.cell !== cell || (notified & (1 << i)) !== 0) continue;
        notified |= 1 << i;
        woken += 1;
      }
      if (notified !== local.notified) {
        const told = localAt(local.point, local.isParked, notified);
        after = withLocal(after, thread, told);
      }
      if (!local.isParked || local.point.next?.cell !== cell) continue;
      after = this.#goOn(after, thread, "ok");
      woken += 1;
    }
    return this.#goOn(after, notifier, woken);
  }

  #mayDie(state: State, thread: number): boolean {
    if (this.isTerminated(state, thread)) return true;
    const { isMortal } = (this.threads[thread] as VirtualThread).code;
    return isMortal && this.memory.valueOf(state.memory, this.#deathsLeft) > 0;
  }

  #die(state: State, thread: number, local: Local): State {
    const { dead, terminated } = this.#life[thread] as LifeCells;
    let memory = this.memory.write(state.memory, dead, 1);
    if (this.memory.valueOf(memory, terminated) === 0) {
      const left = this.memory.valueOf(memory, this.#deathsLeft);
      memory = this.memory.write(memory, this.#deathsLeft, left - 1);
    }
    const locals = state.locals.with(thread, localAt(local.point, local.isParked, 0, true));
    return { ...state, memory, locals };
  }

  /** The first thread whose end this event loop has not heard of, or -1. */
  #newlyDead(state: State, { expected: heard }: Operation): number {
    for (let thread = 0; thread < this.threads.length; thread++) {
      if ((heard & (1 << thread)) === 0 && this.isDead(state, thread)) return thread;
    }
    return -1;
  }

  #cellsOf(state: State, next: Operation): number[] {
    const { kind, cell } = next;
    switch (kind) {
      case "load":
      case "read":
      case "until":
        return [reads(cell)];
      case "compareExchange": {
        const fails = this.memory.valueOf(state.memory, cell) !== (next.expected | 0);
        return [fails ? reads(cell) : writes(cell)];
      }
      case "wait":
      case "waitAsync":
        return [reads(cell), writes(waitersOn(cell))];
      case "notify":
        return [writes(waitersOn(cell))];
      case "pause":
        return next.seen.map((seen) => reads(seen.cell));
      case "eventLoop":
        return this.#life.map(({ dead }) => reads(dead));
      case "await":
      case "ready":
        return [];
      default:
        return [writes(cell)];
    }
  }

  #footprintOfDeath(thread: number, { point, isParked }: Local): number[] {
    const { dead, terminated } = this.#life[thread] as LifeCells;
    const cells = [writes(dead), writes(this.#deathsLeft), reads(terminated)];
    for (const { cell } of point.waiters) cells.push(writes(waitersOn(cell)));
    if (isParked && point.next) cells.push(writes(waitersOn(point.next.cell)));
    return cells;
  }

  #extend(history: number, events: readonly CallEvent[]): number {
    let at = history;
    for (const event of events) {
      const { after } = this.#histories[at] as History;
      let next = after.get(event.key);
      if (next === undefined) {
        next = this.#histories.push({ before: at, event, after: new Map() }) - 1;
        after.set(event.key, next);
      }
      at = next;
    }
    return at;
  }

  /** Runs the threads one after the other, each up to and past its `ready`. */
  #untilReady(state: State): State {
    let at = state;
    for (const thread of this.threads.keys()) {
      for (;;) {
        const { next, error } = (at.locals[thread] as Local).point;
        if (error !== undefined) throw error;
        if (next === undefined || !this.canStep(at, thread)) break;
        at = this.apply(at, thread * 4 + STEP);
        if (next.kind === "ready") break;
      }
    }
    return at;
  }
}

function withLocal(state: State, thread: number, local: Local): State {
  return { ...state, locals: state.locals.with(thread, local) };
}

export type AddCell = (name: string, initial?: number) => number;
export type { LifeCells };

const CALLS = -1_000_000;
function waitersOn(cell: number): number {
  return -2 - cell;
}
function reads(cell: number): number {
  return 2 * cell;
}
function writes(cell: number): number {
  return 2 * cell + 1;
}

/** Whether two transitions of different threads with these footprints commute. */
export function commute(a: readonly number[], b: readonly number[]): boolean {
  for (const one of a) {
    for (const other of b) {
      if (one >> 1 === other >> 1 && ((one | other) & 1) !== 0) return false;
    }
  }
  return true;
}

function isNotified(point: Point, notified: number, token: number): boolean {
  const i = point.waiters.findIndex((waiter) => waiter.token === token);
  return i !== -1 && (notified & (1 << i)) !== 0;
}
