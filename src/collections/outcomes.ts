import { Map, defineValue } from "../runtime/index.ts";

/** The outcomes of some neighbouring items. */
export interface Outcomes {
  /** The index of the first of them in the collection. */
  readonly first: number;
  readonly count: number;
  /** The result of each; undefined for one that has failed. */
  readonly values: ArrayLike<unknown>;
  /** The reasons of those that have failed, by their index among these. */
  readonly reasons: ReadonlyMap<number, unknown>;
}

/** Where the outcomes of a collection go. */
export interface Sink {
  /** How many outcomes were handed to the program. */
  readonly handedOver: number;
  take: (outcomes: Outcomes) => void;
  /** Everything was taken. */
  end: () => void;
  /** The collection has failed. Nothing more comes. */
  fail: (reason: unknown) => void;
}

/** Brings outcomes into the order of their items. */
export class InOrder {
  readonly #early = new Map<number, Outcomes>();
  readonly #pass: (outcomes: Outcomes) => void;
  #next = 0;

  /** @param pass gets the outcomes in order */
  constructor(pass: (outcomes: Outcomes) => void) {
    this.#pass = pass;
  }

  readonly take = (outcomes: Outcomes): void => {
    if (outcomes.first !== this.#next) {
      this.#early.set(outcomes.first, outcomes);
      return;
    }
    let turn: Outcomes | undefined = outcomes;
    while (turn !== undefined) {
      this.#next = turn.first + turn.count;
      this.#pass(turn);
      turn = this.#early.get(this.#next);
      if (turn !== undefined) this.#early.delete(this.#next);
    }
  };
}

/** An outcome as `{ settle: true }` gives it. */
export function settledOutcome(
  { values, reasons }: Outcomes,
  at: number,
): PromiseSettledResult<unknown> {
  if (reasons.has(at)) return { status: "rejected", reason: reasons.get(at) };
  return { status: "fulfilled", value: values[at] };
}

/** Says at which item an error has come. What is no object cannot say it. */
export function setIndex(reason: unknown, index: number): void {
  if (typeof reason !== "object" || reason === null) return;
  try {
    defineValue(reason, "index", index, true);
  } catch {
    // It is frozen, or a Proxy.
  }
}
