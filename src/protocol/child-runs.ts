import { Float64Array } from "../runtime/index.ts";

/** How the run of a child has ended: an index of `CHILD_OUTCOMES`. */
export const CHILD_OUTCOMES = ["succeeded", "failed", "cancelled"] as const;

// The fields of a row of `ChildRuns.rows`.
/** Its number in the tree of this worker; 0 is the child that was taken itself. */
export const CHILD_NUMBER = 0;
/** The number of its parent; 0 for the run that the tree hangs on. */
export const CHILD_PARENT = 1;
/** Milliseconds, on the clock that all threads share. */
export const CHILD_STARTED_AT = 2;
export const CHILD_ENDED_AT = 3;
export const CHILD_OUTCOME = 4;
/** The place of its name in `names`. */
export const CHILD_NAME = 5;
export const CHILD_ATTEMPT = 6;
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
