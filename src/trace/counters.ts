import type { PlacedRun } from "./lanes.ts";
import type { TraceRow } from "./trace-row.ts";

/** More points than a screen has columns show nothing more. */
const MOST_POINTS = 10_000;

/** How many requests wait and run from a moment on. */
export interface Load {
  readonly at: number;
  readonly waiting: number;
  readonly running: number;
}

/**
 * How many requests waited and ran, over the time of a trace. Where there are very many changes, the largest numbers of each
 * stretch of time stand for it.
 */
export function loadOf(
  rows: readonly TraceRow[],
  placed: readonly PlacedRun[],
  beganAt: number,
  endedAt: number,
): Load[] {
  const changes: { at: number; waiting: number; running: number }[] = [];
  const waits = (from: number | undefined, to: number): void => {
    changes.push({ at: from ?? beganAt, waiting: 1, running: 0 });
    changes.push({ at: to, waiting: -1, running: 0 });
  };
  for (const { row, startedAt, endedAt: ended, isStartUnknown } of placed) {
    if (row.kind === "child") continue;
    if (row.attempt === 1 && !isStartUnknown && !(row.putAt !== undefined && row.putAt > startedAt))
      waits(row.putAt, startedAt);
    changes.push({ at: startedAt, waiting: 0, running: 1 });
    if (row.outcome !== "running") changes.push({ at: ended, waiting: 0, running: -1 });
  }
  for (const row of rows) {
    if (row.workerId !== undefined) continue;
    if (row.outcome === "waiting")
      changes.push({ at: row.putAt ?? beganAt, waiting: 1, running: 0 });
    else waits(row.putAt, row.endedAt);
  }
  changes.sort((a, b) => a.at - b.at);
  return thinned(summed(changes), beganAt, endedAt);
}

function summed(changes: readonly Load[]): Load[] {
  const loads: Load[] = [];
  let waiting = 0;
  let running = 0;
  for (const change of changes) {
    waiting += change.waiting;
    running += change.running;
    const last = loads.at(-1);
    if (last?.at === change.at) loads.pop();
    loads.push({ at: change.at, waiting, running });
  }
  return loads;
}

function thinned(loads: readonly Load[], beganAt: number, endedAt: number): Load[] {
  if (loads.length <= MOST_POINTS) return [...loads];
  const step = (endedAt - beganAt) / (MOST_POINTS / 2);
  const kept: Load[] = [];
  let stretch = -Infinity;
  for (const load of loads) {
    const its = Math.floor((load.at - beganAt) / step);
    const last = kept.at(-1);
    if (its !== stretch || last === undefined) {
      stretch = its;
      kept.push(load);
    } else {
      const waiting = Math.max(last.waiting, load.waiting);
      kept[kept.length - 1] = {
        at: last.at,
        waiting,
        running: Math.max(last.running, load.running),
      };
    }
  }
  const end = loads.at(-1);
  if (end !== undefined) kept.push(end);
  return kept;
}
