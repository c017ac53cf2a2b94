import { Map } from "../runtime/index.ts";
import type { TraceRow } from "./trace-row.ts";

/** Lanes of one worker beyond the first are so far apart. */
const LANES_APART = 100_000;
/** The clock of a run that was ended from outside is read to a millisecond, and the clocks of two threads differ by less. */
const ROUGH_MS = 1.1;

/** A run with a place in the picture: of two that overlap on a lane, one is a child, and lies within the other one. */
export interface PlacedRun {
  readonly row: TraceRow;
  readonly startedAt: number;
  readonly endedAt: number;
  /** The `tid` of its lane. */
  readonly lane: number;
  readonly isStartUnknown: boolean;
}

/** The worker of a lane. */
export function workerOfLane(lane: number): number {
  return lane % LANES_APART;
}

/** The number of a lane among those of its worker, from 0. */
export function numberOfLane(lane: number): number {
  return Math.floor(lane / LANES_APART);
}

/**
 * Gives each run a lane: the first one of its worker, or where a worker runs several requests at a time, one that is free. A child lies
 * below a run within whose time it falls, its parent's first of all; or else, as one that another worker has taken, on a free lane.
 *
 * A run whose start is not known had begun before the trace did. It begins with the trace then, or where the run before it
 * ended.
 *
 * @param beganAt the start of the trace
 */
export function placeRuns(rows: readonly TraceRow[], beganAt: number): PlacedRun[] {
  const placed: PlacedRun[] = [];
  for (const [workerId, ofWorker] of byWorker(rows)) {
    const ends: number[] = [];
    /** By lane: the runs that the present one falls into, outermost first. */
    const open: PlacedRun[][] = [];
    const inOrder = ofWorker
      .map((row) => ({ row, startsAt: row.startedAt ?? Math.min(beganAt, row.endedAt) }))
      .sort((a, b) => a.startsAt - b.startsAt || inOrderOf(a.row, b.row));
    for (const { row, startsAt } of inOrder) {
      if (row.kind === "child") {
        const place = placeBelow(row, startsAt, open);
        if (place !== undefined) {
          placed.push(place);
          continue;
        }
      }
      const isStartUnknown = row.startedAt === undefined;
      const isFree = (end: number): boolean =>
        end <= startsAt ||
        (end - startsAt < ROUGH_MS && isRough(row) && end <= row.endedAt) ||
        (isStartUnknown && end <= row.endedAt);
      const found = ends.findIndex(isFree);
      const number = found === -1 ? ends.length : found;
      const startedAt = Math.max(startsAt, ends[number] ?? -Infinity);
      ends[number] = Math.max(startedAt, row.endedAt);
      const run: PlacedRun = {
        row,
        startedAt,
        endedAt: ends[number],
        lane: workerId + number * LANES_APART,
        isStartUnknown,
      };
      placed.push(run);
      open[number] = [run];
    }
  }
  return placed.sort((a, b) => a.startedAt - b.startedAt);
}

/** The order of runs that begin at the same moment: a run before its children, and a child before those within it. */
function inOrderOf(a: TraceRow, b: TraceRow): number {
  if (a.kind !== "child" && b.kind !== "child") return a.endedAt - b.endedAt;
  if (a.kind !== b.kind) return a.kind === "child" ? 1 : -1;
  return b.endedAt - a.endedAt;
}

/** A place for a child within a run that is open; undefined when it falls into none. */
function placeBelow(
  row: TraceRow,
  startedAt: number,
  open: readonly PlacedRun[][],
): PlacedRun | undefined {
  let found: PlacedRun[] | undefined;
  for (const runs of open) {
    while (runs.length > 0 && (runs.at(-1) as PlacedRun).endedAt <= startedAt) runs.pop();
    const innermost = runs.at(-1);
    if (innermost === undefined || row.endedAt > innermost.endedAt) continue;
    const isParents = runs.some((run) => String(run.row.requestID) === row.parent);
    if (found !== undefined && !isParents) continue;
    found = runs;
    if (isParents) break;
  }
  if (found === undefined) return undefined;
  const { lane } = found.at(-1) as PlacedRun;
  const run = { row, startedAt, endedAt: row.endedAt, lane, isStartUnknown: false };
  found.push(run);
  return run;
}

/** Whether the start of a run is known to a millisecond only: no worker has told it. */
function isRough({ outcome, workerId, kind }: TraceRow): boolean {
  return workerId !== 0 && outcome !== "succeeded" && kind !== "child";
}

function byWorker(rows: readonly TraceRow[]): Map<number, TraceRow[]> {
  const all = new Map<number, TraceRow[]>();
  for (const row of rows) {
    if (row.workerId === undefined) continue;
    const ofWorker = all.get(row.workerId);
    if (ofWorker === undefined) all.set(row.workerId, [row]);
    else ofWorker.push(row);
  }
  return all;
}
