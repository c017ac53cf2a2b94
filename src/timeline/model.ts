/*
 * What a timeline shows, as plain data: it travels into a page as JSON. Times are milliseconds from the start of the trace.
 */

/** A run, in an array, because there may be a hundred thousand of them. `RunField` names its elements. */
export type RunDatum = readonly [
  lane: number,
  start: number,
  end: number,
  name: number,
  requestID: string | number,
  kind: string,
  outcome: string,
  queuedMs: number | null,
  attempt: number,
  priority: number,
  items: number,
  error: string | null,
  startIsUnknown: boolean,
  /** Of a child: the `requestID` of its parent. */
  parent: string | null,
  /** How many runs of its lane it lies within: a child lies within its parent. */
  depth: number,
];

/** A value from a moment on. */
export type Step = readonly [at: number, value: number];

/** All that a timeline shows. */
export interface TimelineModel {
  readonly title: string;
  /** Names of lanes, from the top. */
  readonly lanes: readonly string[];
  /** Names of callables, those with the most runs first. */
  readonly names: readonly string[];
  readonly runs: readonly RunDatum[];
  /** By lane: the largest depth of its runs. */
  readonly depths: readonly number[];
  /** Requests that wait. */
  readonly queue: readonly Step[];
  /** The share of the workers that are busy, 0 to 1. */
  readonly utilisation: readonly Step[];
  readonly lengthMs: number;
  /** The share of the workers that were busy over the whole trace. */
  readonly meanUtilisation: number;
  readonly workers: number;
  /** Requests that have ended without a run, or wait still. */
  readonly unrun: number;
  /** Runs that the trace has left out. */
  readonly dropped: number;
  /** Requests that the trace has not recorded. */
  readonly skipped: number;
  readonly startedAt: string;
}
