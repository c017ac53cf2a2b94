import type { LooseWrite, Operation, Outcome } from "./operation.ts";

/** What a call of the history was given. */
export type Argument = number | readonly number[] | undefined;

/** The beginning or the end of a call, for the history of an object. */
export interface CallEvent {
  /** Equal events have equal keys. */
  readonly key: string;
  readonly thread: number;
  readonly name: string;
  /** undefined at the beginning. */
  readonly returned: unknown;
  readonly argument: Argument;
  readonly isEnd: boolean;
}

/** A promise that is out: the number of its `waitAsync` in the thread, and the cell it waits on. */
export interface AsyncWaiter {
  readonly token: number;
  readonly cell: number;
}

/** A point in a thread's code. */
export interface Point {
  readonly id: number;
  readonly depth: number;
  readonly thread: VirtualThread;
  readonly parent: Point | undefined;
  /** What the parent's operation returned. */
  readonly outcome: Outcome | undefined;
  /** The operation that comes next; undefined when the code has ended. */
  readonly next: Operation | undefined;
  /** What the code threw, if it has ended so. */
  readonly error: unknown;
  /** Calls that end with the operation before this point. */
  readonly ended: readonly CallEvent[];
  /** Calls that begin with the operation that comes next. */
  readonly begun: readonly CallEvent[];
  /** What the thread has noted since the point before. */
  readonly notes: readonly unknown[];
  /** Promises that are out. */
  readonly waiters: readonly AsyncWaiter[];
  readonly children: Map<Outcome, Point>;
  readonly locals: Map<number, Local>;
}

/** A point, and what others have done to the thread there. */
export interface Local {
  readonly id: number;
  readonly point: Point;
  readonly isParked: boolean;
  readonly isDead: boolean;
  /** Which of the point's waiters have been notified, a bit each. */
  readonly notified: number;
}

/** Thrown by an operation that has not been done yet. */
export const SUSPENDED: unique symbol = Symbol("suspended");

/** What a thread's code is given, besides the queue itself. */
export interface ThreadCode {
  readonly name: string;
  /** Runs the code up to its end, against the operations that `Recording` replays. */
  readonly run: () => void;
  /** Whether it may wait for ever. Another thread that waits for ever is stuck, which is an error. */
  readonly isDaemon: boolean;
  /** Whether it may die at any step, while deaths are left. */
  readonly isMortal: boolean;
}

/** One run of a thread's code up to the first operation that has not been done. */
export class Recording {
  readonly path: readonly Point[];
  readonly outcomes: readonly Outcome[];
  done = 0;
  pending: Operation | undefined;
  ended: CallEvent[] = [];
  begun: CallEvent[] = [];
  notes: unknown[] = [];
  /** Plain writes that no other thread can see yet. */
  hidden: readonly LooseWrite[] = [];
  /** The text of the last checkpoint since the operation before. */
  checkpoint: string | undefined;

  constructor(last: Point | undefined, outcome: Outcome | undefined) {
    const path: Point[] = [];
    for (let point = last; point !== undefined; point = point.parent) path.push(point);
    this.path = path.reverse();
    const outcomes = path.slice(1).map((point) => point.outcome as Outcome);
    if (last !== undefined) outcomes.push(outcome as Outcome);
    this.outcomes = outcomes;
  }

  /** Whether the code is past all recorded operations. */
  get isNew(): boolean {
    return this.done === this.outcomes.length;
  }

  /** Keeps a note of the thread. */
  note(note: unknown): void {
    if (this.isNew) this.notes.push(note);
  }

  /** A call begins with the next operation. */
  callBegins(event: CallEvent): void {
    if (this.isNew) this.begun.push(event);
  }

  /** A call has ended with the last operation. */
  callEnds(event: CallEvent): void {
    if (this.isNew) this.ended.push(event);
  }
}

let points = 0;
let locals = 0;

/**
 * A thread that is suspended before each of its operations, without a stack of its own: its code is plain synchronous
 * code. It is run again from its start with what its operations have returned so far, up to the first operation that
 * has not been done. That one is thrown out of the code as `SUSPENDED`.
 *
 * So what its operations have returned names the point that a thread has come to: a `Point` in a tree. Each point is
 * computed once, however many interleavings come to it, so an exploration hardly runs any code.
 *
 * At a *checkpoint* the code says what the rest of its run depends on. Of all paths to the same checkpoint with the
 * same values, one is kept and stands for all of them.
 */
export class VirtualThread {
  readonly index: number;
  readonly code: ThreadCode;
  readonly start: Point;
  readonly #checkpoints = new Map<string, Point>();
  readonly #record: (recording: Recording, run: () => void) => void;

  /** @param record runs code with `recording` as what `Atomics` and the views do */
  constructor(
    index: number,
    code: ThreadCode,
    record: (recording: Recording, run: () => void) => void,
  ) {
    this.index = index;
    this.code = code;
    this.#record = record;
    this.start = this.#point(undefined, undefined);
  }

  /** The point after the operation at `point` has returned `outcome`. */
  after(point: Point, outcome: Outcome): Point {
    let child = point.children.get(outcome);
    if (child === undefined) {
      child = this.#point(point, outcome);
      point.children.set(outcome, child);
    }
    return child;
  }

  #point(parent: Point | undefined, outcome: Outcome | undefined): Point {
    const recording = new Recording(parent, outcome);
    let error: unknown;
    try {
      this.#record(recording, this.code.run);
    } catch (thrown) {
      if (thrown !== SUSPENDED) error = thrown;
    }
    const waiters = waitersAfter(parent, outcome);
    const key = checkpointOf(recording, parent, waiters);
    const same = key === undefined ? undefined : this.#checkpoints.get(key);
    if (same !== undefined) return same;
    const point: Point = {
      id: points++,
      depth: parent === undefined ? 0 : parent.depth + 1,
      thread: this,
      parent,
      outcome,
      next: error === undefined ? recording.pending : undefined,
      error,
      ended: recording.ended,
      begun: recording.begun,
      notes: recording.notes,
      waiters,
      children: new Map(),
      locals: new Map(),
    };
    if (key !== undefined) this.#checkpoints.set(key, point);
    return point;
  }
}

/** Everything by which points after a checkpoint can differ. */
function checkpointOf(
  { checkpoint, notes, ended, pending }: Recording,
  parent: Point | undefined,
  waiters: readonly AsyncWaiter[],
): string | undefined {
  if (checkpoint === undefined || pending === undefined) return undefined;
  const before = parent === undefined ? [] : notesUpTo(parent);
  const cells = waiters.map(({ cell }) => cell);
  return JSON.stringify([checkpoint, ...before, ...notes, cells, ended.map(({ key }) => key)]);
}

const NO_WAITERS: readonly AsyncWaiter[] = [];

function waitersAfter(
  parent: Point | undefined,
  outcome: Outcome | undefined,
): readonly AsyncWaiter[] {
  if (parent?.next === undefined) return NO_WAITERS;
  const { next, waiters } = parent;
  if (next.kind === "waitAsync" && typeof outcome === "number") {
    return [...waiters, { token: outcome, cell: next.cell }];
  }
  const isAwaited = next.kind === "await" || (next.kind === "eventLoop" && outcome === "ok");
  return isAwaited ? waiters.filter(({ token }) => token !== next.operand) : waiters;
}

/** The local state of a thread at a point; equal ones are the same object. */
export function localAt(point: Point, isParked = false, notified = 0, isDead = false): Local {
  const key = notified * 4 + (isDead ? 2 : 0) + (isParked ? 1 : 0);
  let local = point.locals.get(key);
  if (local === undefined) {
    local = { id: locals++, point, isParked, isDead, notified };
    point.locals.set(key, local);
  }
  return local;
}

/** All that a thread has noted on its way to a point. */
export function notesUpTo(point: Point): unknown[] {
  const lists: (readonly unknown[])[] = [];
  for (let at: Point | undefined = point; at !== undefined; at = at.parent) lists.push(at.notes);
  return lists.reverse().flat();
}
