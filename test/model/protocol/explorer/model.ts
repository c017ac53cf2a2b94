/** What an explorer needs to know of a model. */
import type { Layout } from "./fields.ts";

/**
 * How a move happens:
 *
 * - `step`: a thread's next atomic step. A thread that can take one takes it sooner or later.
 * - `callable`: the end of a request's callable, which may never come.
 * - `choice`: a put, a cancellation, a death. Nothing says that it ever happens.
 */
export type MoveKind = "step" | "callable" | "choice";

/** One kind of transition. It works on the current state, which is the model's `bytes`. */
export interface Move {
  readonly actor: string;
  /** Number of the thread that takes it. Fairness is by thread. */
  readonly thread: number;
  readonly kind: MoveKind;
  /** What it does from the current state, in words. */
  name(): string;
  /** Makes it. Returns false when it is not possible; then the state is unchanged. */
  make(): boolean;
}

/** The name of an invariant that does not hold, and what was seen. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
}

export interface Model {
  readonly layout: Layout;
  /** The current state: one byte a field. */
  readonly bytes: Uint8Array;
  /** The state before the last move, for invariants of transitions. */
  readonly bytesBefore: Uint8Array;
  readonly moves: readonly Move[];
  /** Makes the initial state the current one. */
  begin(): void;
  /** What is wrong with the last move. */
  checkMove(move: Move): Violation | undefined;
  /** What is wrong with the current state. */
  checkState(): Violation | undefined;
  /** What is wrong when no thread has a step to take; callables may still be running if `areRunning`. */
  checkQuiet(areRunning: boolean): Violation | undefined;
  /** Whether anything is still to come that is promised. No cycle of fair steps may go on while it is so. */
  isUnsettled(): boolean;
  /** Whether a thread is between two operations on the queue, or waits for another thread. */
  isAtRest(thread: number): boolean;
}
