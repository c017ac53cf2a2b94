/** What an explorer needs to know of a model. */
import type { Layout } from "./fields.ts";

/**
 * How a move comes about:
 *
 * - `step`: a thread's next atomic step; a thread that can take one sooner or later does;
 * - `callable`: the end of a request's callable, which may take for ever;
 * - `choice`: what nobody promises: a put, a cancellation, a death.
 */
export type MoveKind = "step" | "callable" | "choice";

/** One kind of transition. It works on the state at hand, the model's `bytes`. */
export interface Move {
  readonly actor: string;
  /** Number of the thread that takes it: what fairness is about. */
  readonly thread: number;
  readonly kind: MoveKind;
  /** What it does from the state at hand, in words. */
  name(): string;
  /** Makes it. Returns false when it is not possible; then the state is unchanged. */
  make(): boolean;
}

/** A broken promise: the invariant's name, and what was seen. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
}

export interface Model {
  readonly layout: Layout;
  /** The state at hand: one byte a field. */
  readonly bytes: Uint8Array;
  /** The state before the last move, for invariants of transitions. */
  readonly bytesBefore: Uint8Array;
  readonly moves: readonly Move[];
  /** Puts the initial state at hand. */
  begin(): void;
  /** What is wrong with the last move. */
  checkMove(move: Move): Violation | undefined;
  /** What is wrong with the state at hand. */
  checkState(): Violation | undefined;
  /** What is wrong when no thread has a step to take; callables may still be running if `areRunning`. */
  checkQuiet(areRunning: boolean): Violation | undefined;
  /** Is anything promised that has not come about? A cycle of fair steps must not go on while it is so. */
  isUnsettled(): boolean;
  /** Is this thread between two operations on the queue, or waiting for something that only others can bring? */
  isAtRest(thread: number): boolean;
}
