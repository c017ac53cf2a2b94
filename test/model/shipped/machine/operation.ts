/**
 * What a virtual thread can ask the machine for: one step that other threads can see.
 *
 * A *cell* is a 32-bit word that threads share, by its number in `SharedMemory`. A byte is a part of a word, and a
 * double is two words: a plain write of a double is two steps, so that a torn double would show.
 */
export type OperationKind =
  | "load"
  | "store"
  | "add"
  | "and"
  | "or"
  | "exchange"
  | "compareExchange"
  | "wait"
  | "waitAsync"
  | "notify"
  | "pause"
  /** Plain accesses, for the race detectors. */
  | "read"
  | "write"
  /** A plain write of a loose word becomes visible, or stays hidden for longer: see `showHidden`. */
  | "show"
  /** Awaits the promise of a `waitAsync`. */
  | "await"
  /** Turns the event loop until a promise resolves or the system says that a thread is gone. */
  | "eventLoop"
  /** Blocks until a cell has another value than `operand`. Not used by the queue itself. */
  | "until"
  /** Everything before it happens before the exploration begins. */
  | "ready";

/** What an operation gives back to the code. */
export type Outcome = number | "ok" | "not-equal" | "timed-out" | "later";

/** A plain write of a loose word. */
export interface LooseWrite {
  readonly cell: number;
  readonly value: number;
}

/** The promise of a `waitAsync`, by its number in its thread. */
export interface Promised {
  readonly token: number;
}

/** One step that a virtual thread asks for. */
export interface Operation {
  readonly kind: OperationKind;
  readonly cell: number;
  /** What is stored, added or waited for; the token of an awaited promise. */
  readonly operand: number;
  /** `compareExchange`: the value to replace. `eventLoop`: the threads whose end was heard of, a bit each. */
  readonly expected: number;
  /** The bits of the word that the access is about. */
  readonly mask: number;
  readonly shift: number;
  /** `wait`: whether it has a limit. `show`: whether the write may stay hidden for longer. */
  readonly mayTimeOut: boolean;
  /** `pause`: what the thread has read since its last one. It goes on when one of these has changed. */
  readonly seen: readonly Seen[];
}

/** A cell and the value that a thread has read there. */
export interface Seen {
  readonly cell: number;
  readonly value: number;
}

/** The mask of an access to a whole word. */
export const WHOLE_WORD = -1;
/** A thread has read nothing. */
export const NOTHING_SEEN: readonly Seen[] = [];

/** Whether an operation is a plain access. */
export function isPlain({ kind }: Operation): boolean {
  return kind === "read" || kind === "write";
}

/** What a successful read of the operation's bits gives, when its word has this value. */
function partOf({ mask, shift }: Operation, word: number): number {
  return mask === WHOLE_WORD ? word : (word & mask) >>> shift;
}

/** The word after the operation's bits were replaced. */
function withPart({ mask, shift }: Operation, word: number, part: number): number {
  return mask === WHOLE_WORD ? part | 0 : (word & ~mask) | ((part << shift) & mask);
}

/** What an operation on one word does when the word has this value: what it returns, and the word after. */
export function effectOf(operation: Operation, word: number): { outcome: number; after: number } {
  const { kind, operand, expected } = operation;
  switch (kind) {
    case "store":
      return { outcome: operand, after: operand | 0 };
    case "write":
    case "show":
      return { outcome: 0, after: withPart(operation, word, operand) };
    case "add":
      return { outcome: word, after: (word + operand) | 0 };
    case "and":
      return { outcome: word, after: word & operand };
    case "or":
      return { outcome: word, after: word | operand };
    case "exchange":
      return { outcome: word, after: operand | 0 };
    case "compareExchange":
      return { outcome: word, after: word === (expected | 0) ? operand | 0 : word };
    default:
      return { outcome: partOf(operation, word), after: word };
  }
}
