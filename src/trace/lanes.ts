import { Map } from "../runtime/index.ts";
import type { TraceRow } from "./trace-row.ts";

/** Lanes of one worker beyond the first are so far apart. */
const LANES_APART = 100_000;
/** The clock of a run that was ended from outside is read to a millisecond, and the clocks of two threads differ by less. */
const ROUGH_MS = 1.1;

/** A run with a place in the picture: on a lane, no two overlap. */
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
 * Gives each run a lane: the first one of its worker, or where a worker runs several requests at a time, one that is free.
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
    const inOrder = ofWorker
      .map((row) => ({ row, startsAt: row.startedAt ?? Math.min(beganAt, row.endedAt) }))
      .sort((a, b) => a.startsAt - b.startsAt || a.row.endedAt - b.row.endedAt);
    for (const { row, startsAt } of inOrder) {
      const isStartUnknown = row.startedAt === undefined;
      const isFree = (end: number): boolean =>
        end <= startsAt ||
        (end - startsAt < ROUGH_MS && isRough(row) && end <= row.endedAt) ||
        (isStartUnknown && end <= row.endedAt);
      const found = ends.findIndex(isFree);
      const number = found === -1 ? ends.length : found;
      const startedAt = Math.max(startsAt, ends[number] ?? -Infinity);
      ends[number] = Math.max(startedAt, row.endedAt);
      placed.push({
        row,
        startedAt,
        endedAt: ends[number],
        lane: workerId + number * LANES_APART,
        isStartUnknown,
      });
    }
  }
  return placed.sort((a, b) => a.startedAt - b.startedAt);
}

/** Whether the start of a run is known to a millisecond only: no worker has told it. */
function isRough({ outcome, workerId }: TraceRow): boolean {
  return workerId !== 0 && outcome !== "succeeded";
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
