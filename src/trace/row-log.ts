import { Float64Array, Map } from "../runtime/index.ts";
import type { TraceRow, TracedOutcome } from "./trace-row.ts";
import type { TracedKind, TracedRequest } from "./trace-source.ts";

/** Which rows are kept when there are too many. */
export type Kept = "newest" | "oldest";

/** The fields of a row. Numbers in one array, because recording must not allocate. */
const PUT_AT = 0;
const STARTED_AT = 1;
const ENDED_AT = 2;
const WORKER = 3;
const NAME = 4;
const ID = 5;
const OUTCOME = 6;
const KIND = 7;
const PRIORITY = 8;
const ATTEMPT = 9;
const ITEMS = 10;
const FIELDS = 11;

/** `WORKER` of a request that never ran. */
export const NEVER_RAN = -1;
/** `STARTED_AT` and `PUT_AT` of what was before the trace. */
const UNKNOWN = 0;

const FIRST_CAPACITY = 1024;
/** Names are kept once. Beyond so many, a program makes them without end. */
const MOST_NAMES = 10_000;
const OTHER_NAME = "(other)";

const KINDS: readonly TracedKind[] = [
  "run",
  "putRequest",
  "runSync",
  "chunk",
  "stream",
  "broadcast",
  "child",
];
/** The first is the outcome of a run that no outcome has followed. */
const OUTCOMES: readonly TracedOutcome[] = [
  "lost",
  "succeeded",
  "failed",
  "cancelled",
  "running",
  "waiting",
];

/** The runs of a trace, in a memory of bounded size. */
export class RowLog {
  readonly #most: number;
  readonly #kept: Kept;
  #fields = new Float64Array(0);
  #capacity = 0;
  /** Rows added so far, those that were not kept included. */
  #added = 0;
  readonly #names: string[] = [OTHER_NAME];
  readonly #numberOfName = new Map<string, number>();
  #lastName: string | undefined;
  #lastNumber = 0;
  /** By the place of the row: what is rarely there. */
  readonly #ids = new Map<number, string>();
  readonly #errors = new Map<number, string>();
  readonly #parents = new Map<number, string>();

  /** @param most how many rows are kept, 1 or more */
  constructor(most: number, kept: Kept) {
    this.#most = most;
    this.#kept = kept;
  }

  /** Rows that were not kept. */
  get dropped(): number {
    return Math.max(0, this.#added - this.#most);
  }

  /**
   * Adds a row. It takes its fields one by one, because recording must not allocate.
   *
   * @returns its number, for `settle`
   */
  add(
    request: TracedRequest,
    name: string,
    kind: TracedKind,
    startedAt: number,
    endedAt: number,
    workerId: number,
    outcome: TracedOutcome,
  ): number {
    const number = this.#added++;
    if (number >= this.#most && this.#kept === "oldest") return number;
    const place = number % this.#most;
    if (place >= this.#capacity) this.#grow();
    if (number >= this.#most) this.#forget(place);
    const fields = this.#fields;
    const at = place * FIELDS;
    const { requestID, control } = request;
    fields[at + PUT_AT] = request.putAt;
    fields[at + STARTED_AT] = startedAt;
    fields[at + ENDED_AT] = endedAt;
    fields[at + WORKER] = workerId;
    fields[at + NAME] = this.#numberOf(name);
    fields[at + OUTCOME] = OUTCOMES.indexOf(outcome);
    fields[at + KIND] = KINDS.indexOf(kind);
    fields[at + PRIORITY] = control === undefined ? 0 : control.priority;
    fields[at + ATTEMPT] = control === undefined ? 1 : control.attempt;
    fields[at + ITEMS] = control === undefined ? 0 : control.chunkItems;
    if (typeof requestID === "number") fields[at + ID] = requestID;
    else this.#ids.set(place, String(requestID));
    return number;
  }

  /** Says whose child the run of a row was, if it is kept still. */
  setParent(number: number, parent: string): void {
    if (this.#isKept(number)) this.#parents.set(number % this.#most, parent);
  }

  /** Sets the outcome of a row, if it is kept still. */
  settle(number: number, outcome: TracedOutcome, error: string | undefined): void {
    if (!this.#isKept(number)) return;
    const place = number % this.#most;
    this.#fields[place * FIELDS + OUTCOME] = OUTCOMES.indexOf(outcome);
    if (error !== undefined) this.#errors.set(place, error);
  }

  #isKept(number: number): boolean {
    return this.#kept === "oldest" ? number < this.#most : number >= this.dropped;
  }

  /** The rows that are kept, in the order in which they were added. */
  rows(): TraceRow[] {
    const count = Math.min(this.#added, this.#most);
    const first = this.#kept === "newest" ? this.dropped : 0;
    return Array.from({ length: count }, (_, i) => this.#row((first + i) % this.#most));
  }

  #row(place: number): TraceRow {
    const fields = this.#fields;
    const at = place * FIELDS;
    const field = (which: number): number => fields[at + which] as number;
    const workerId = field(WORKER);
    return {
      name: this.#names[field(NAME)] as string,
      kind: KINDS[field(KIND)] as TracedKind,
      requestID: this.#ids.get(place) ?? field(ID),
      putAt: known(field(PUT_AT)),
      startedAt: known(field(STARTED_AT)),
      endedAt: field(ENDED_AT),
      workerId: workerId === NEVER_RAN ? undefined : workerId,
      outcome: OUTCOMES[field(OUTCOME)] as TracedOutcome,
      priority: field(PRIORITY),
      attempt: field(ATTEMPT),
      parent: this.#parents.get(place),
      items: field(ITEMS),
      error: this.#errors.get(place),
    };
  }

  #grow(): void {
    this.#capacity = Math.min(this.#most, Math.max(FIRST_CAPACITY, 2 * this.#capacity));
    const larger = new Float64Array(this.#capacity * FIELDS);
    larger.set(this.#fields);
    this.#fields = larger;
  }

  #forget(place: number): void {
    this.#ids.delete(place);
    this.#errors.delete(place);
    this.#parents.delete(place);
  }

  #numberOf(name: string): number {
    if (name === this.#lastName) return this.#lastNumber;
    let number = this.#numberOfName.get(name);
    if (number === undefined) {
      if (this.#names.length >= MOST_NAMES) return 0;
      number = this.#names.push(name) - 1;
      this.#numberOfName.set(name, number);
    }
    this.#lastName = name;
    this.#lastNumber = number;
    return number;
  }
}

function known(time: number): number | undefined {
  return time === UNKNOWN || time === -Infinity ? undefined : time;
}
