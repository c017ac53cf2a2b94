import { Float64Array, Map } from "../runtime/index.ts";

/** How the run of a child has ended: an index of `CHILD_OUTCOMES`. */
export const CHILD_OUTCOMES = ["succeeded", "failed", "cancelled"] as const;

// The fields of a row of `ChildRuns.rows`.
/** Its number in the tree of this worker; 0 is the child that was taken itself. */
const CHILD_NUMBER = 0;
/** The number of its parent; 0 for the run that the tree hangs on. */
const CHILD_PARENT = 1;
/** Milliseconds, on the clock that all threads share. */
const CHILD_STARTED_AT = 2;
const CHILD_ENDED_AT = 3;
const CHILD_OUTCOME = 4;
/** The place of its name in `names`. */
const CHILD_NAME = 5;
const CHILD_ATTEMPT = 6;
export const CHILD_FIELDS = 7;

/** Runs of children in one worker, for traces: those of a request, or of a child that the worker has taken. */
export interface ChildRuns {
  /** Of the run that the tree hangs on: the request, or the child that was taken. */
  readonly requestID: string | number | bigint;
  /** The parent of a child that was taken; undefined for a request. */
  readonly parentID: string | undefined;
  readonly workerId: number;
  readonly names: readonly string[];
  readonly rows: Float64Array;
  /** What runs have failed with, by the number of the row. */
  readonly errors: readonly (readonly [row: number, text: string])[];
  /** So many runs were left out. */
  readonly skipped: number;
}

/** What a worker has told, as far as it makes sense. */
export function readableChildRuns(told: unknown): readonly ChildRuns[] {
  if (!Array.isArray(told)) return [];
  return (told as Partial<ChildRuns>[]).filter(
    (runs): runs is ChildRuns =>
      runs?.rows instanceof Float64Array &&
      Array.isArray(runs.names) &&
      Array.isArray(runs.errors) &&
      typeof runs.workerId === "number" &&
      typeof runs.skipped === "number",
  );
}

/** The run of a child, as the parent sees it. */
interface ChildRun {
  readonly requestID: string;
  /** The `requestID` of its parent. */
  readonly parentID: string;
  readonly workerId: number;
  readonly name: string;
  /** Milliseconds, on the clock that all threads share. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: (typeof CHILD_OUTCOMES)[number];
  readonly attempt: number;
  /** What it has failed with. */
  readonly error: string | undefined;
}

/** What a worker has told of children. */
export interface ToldChildren {
  readonly runs: readonly ChildRun[];
  /** So many runs were left out. */
  readonly skipped: number;
}

/** Reads what a worker has told. */
export function toldChildren(told: unknown): ToldChildren {
  const all = readableChildRuns(told);
  const skipped = all.reduce((sum, runs) => sum + runs.skipped, 0);
  return { runs: all.flatMap((runs) => runsOf(runs)), skipped };
}

function runsOf({ requestID, parentID, workerId, names, rows, errors }: ChildRuns): ChildRun[] {
  const texts = new Map(errors);
  const idOf = (number: number): string =>
    number === 0 ? String(requestID) : `${requestID}/${number}`;
  return Array.from({ length: Math.floor(rows.length / CHILD_FIELDS) }, (_, row) => {
    const field = (which: number): number => rows[row * CHILD_FIELDS + which] as number;
    const number = field(CHILD_NUMBER);
    return {
      requestID: idOf(number),
      parentID: number === 0 ? String(parentID) : idOf(field(CHILD_PARENT)),
      workerId,
      name: String(names[field(CHILD_NAME)]),
      startedAt: field(CHILD_STARTED_AT),
      endedAt: field(CHILD_ENDED_AT),
      outcome: CHILD_OUTCOMES[field(CHILD_OUTCOME)] ?? "failed",
      attempt: field(CHILD_ATTEMPT),
      error: texts.get(row),
    };
  });
}
