import { CHILD_FIELDS, CHILD_OUTCOMES } from "../protocol/index.ts";
import type { ChildRuns, TaskContext } from "../protocol/index.ts";
import {
  Float64Array,
  Map,
  TIME_ORIGIN,
  describeThrown,
  performanceNow,
} from "../runtime/index.ts";

/** So many runs of a tree are kept in a thread. */
const MOST_RUNS = 20_000;
/** Beyond so many, only those are kept that have taken `SHORT_MS`: a tree has few long runs, and they tell more. */
const MOST_SHORT_RUNS = 5_000;
const SHORT_MS = 0.05;
const MOST_ERRORS = 100;

/** A run of a tree, or a collection, as far as it matters here. */
interface LoggedNode {
  readonly number: number;
  readonly isRun: boolean;
  readonly above: LoggedNode | undefined;
  readonly context: TaskContext;
}

/** A child, as far as it matters here. */
interface LoggedChild extends LoggedNode {
  readonly attempt: number;
  readonly callable: { readonly name: string };
}

type Outcome = (typeof CHILD_OUTCOMES)[number];

/** The runs of the children of a tree in this thread, while a trace goes on. */
export class ChildLog {
  readonly #begun = new Map<LoggedChild, number>();
  readonly #names: string[] = [];
  readonly #numberOfName = new Map<string, number>();
  #rows: number[] = [];
  #errors: (readonly [row: number, text: string])[] = [];
  #skipped = 0;
  /** What other workers have told of children that they had taken. */
  #others: ChildRuns[] = [];
  readonly #beganAt = now();

  /** A child begins in this thread. */
  begin(child: LoggedChild): void {
    this.#begun.set(child, now());
  }

  /** A child has ended. Nothing is noted when it has not run in this thread. */
  end(child: LoggedChild, outcome: Outcome, value: unknown): void {
    const startedAt = this.#begun.get(child);
    if (startedAt === undefined) return;
    this.#begun.delete(child);
    const parent = runAbove(child);
    this.#add(
      child.number,
      parent.number,
      startedAt,
      outcome,
      child.callable.name,
      child.attempt,
      value,
    );
  }

  /** The child that the tree hangs on has ended, which this worker had taken. */
  endSelf(outcome: Outcome, name: string, attempt: number, value: unknown): void {
    this.#add(0, 0, this.#beganAt, outcome, name, attempt, value);
  }

  /** Adds what another worker has told of a child that it had taken. */
  addOthers(child: LoggedChild, runs: readonly ChildRuns[]): void {
    const [own, ...below] = runs;
    if (own === undefined) return;
    const parentID = String(runAbove(child).context.requestID);
    this.#others.push({ ...own, parentID }, ...below);
  }

  /**
   * All that was noted since the last call.
   *
   * @param node the run that the tree hangs on
   * @returns undefined when nothing was
   */
  take({ context }: LoggedNode): ChildRuns[] | undefined {
    if (this.#rows.length === 0 && this.#others.length === 0) return undefined;
    const { requestID } = context;
    const own: ChildRuns = {
      requestID: typeof requestID === "symbol" ? String(requestID) : requestID,
      parentID: undefined,
      workerId: context.workerId,
      names: [...this.#names],
      rows: new Float64Array(this.#rows),
      errors: this.#errors,
      skipped: this.#skipped,
    };
    const runs = [own, ...this.#others];
    this.#rows = [];
    this.#errors = [];
    this.#skipped = 0;
    this.#others = [];
    return runs;
  }

  #add(
    number: number,
    parent: number,
    startedAt: number,
    outcome: Outcome,
    name: string,
    attempt: number,
    value: unknown,
  ): void {
    const endedAt = now();
    const count = this.#rows.length / CHILD_FIELDS;
    const most = endedAt - startedAt < SHORT_MS ? MOST_SHORT_RUNS : MOST_RUNS;
    if (count >= most && number !== 0) {
      this.#skipped += 1;
      return;
    }
    if (outcome !== "succeeded" && this.#errors.length < MOST_ERRORS)
      this.#errors.push([count, describeThrown(value)]);
    const code = CHILD_OUTCOMES.indexOf(outcome);
    // In the order of the fields.
    this.#rows.push(number, parent, startedAt, endedAt, code, this.#numberOf(name), attempt);
  }

  #numberOf(name: string): number {
    let number = this.#numberOfName.get(name);
    if (number === undefined) {
      number = this.#names.push(name) - 1;
      this.#numberOfName.set(name, number);
    }
    return number;
  }
}

/** The run that has put a child. A collection is no run. */
function runAbove(child: LoggedChild): LoggedNode {
  let node: LoggedNode = child.above as LoggedNode;
  while (!node.isRun) node = node.above as LoggedNode;
  return node;
}

function now(): number {
  return TIME_ORIGIN + performanceNow();
}
