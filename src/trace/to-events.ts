import { Date, Map, Set, process } from "../runtime/index.ts";
import { loadOf } from "./counters.ts";
import { numberOfLane, placeRuns, workerOfLane } from "./lanes.ts";
import type { PlacedRun } from "./lanes.ts";
import type { TraceEvent, TraceJSON, TraceRunArgs } from "./trace-event.ts";
import type { TraceRow, WorkerRow } from "./trace-row.ts";

/** The lane of the thread that puts the requests. */
const CALLER = 0;

/** All that a trace has recorded. Times are milliseconds on the clock that all threads share. */
export interface Recorded {
  readonly poolName: string;
  readonly rows: readonly TraceRow[];
  readonly workers: readonly WorkerRow[];
  readonly beganAt: number;
  readonly endedAt: number;
  readonly dropped: number;
  readonly skipped: number;
  /** Whether arrows go from each put to the start of its run. */
  readonly hasArrows: boolean;
}

/** Writes what was recorded in the Trace Event format. */
export function traceJSONOf(recorded: Recorded): TraceJSON {
  const { rows, poolName, beganAt, endedAt, dropped, skipped } = recorded;
  const placed = placeRuns(rows, beganAt);
  // A run may have begun before the trace did.
  const zero = Math.min(beganAt, placed[0]?.startedAt ?? beganAt);
  return {
    traceEvents: eventsOf(recorded, placed, zero),
    displayTimeUnit: "ms",
    otherData: {
      pool: poolName,
      startedAt: new Date(zero).toISOString(),
      lengthMs: rounded(endedAt - zero),
      dropped,
      skipped,
    },
  };
}

function eventsOf(recorded: Recorded, placed: readonly PlacedRun[], zero: number): TraceEvent[] {
  const { rows, workers, beganAt, endedAt, hasArrows, poolName } = recorded;
  const { pid } = process;
  const us = (at: number): number => Math.max(0, rounded((at - zero) * 1000));
  const events: TraceEvent[] = [];
  const metadata = (name: string, tid: number, args: { name: string } | { sort_index: number }) =>
    events.push({ name, ph: "M", cat: "__metadata", pid, tid, ts: 0, args });

  metadata("process_name", CALLER, { name: `ringpool: ${poolName}` });
  const lanes = new Set([CALLER, ...workers.map(({ workerId }) => workerId)]);
  for (const { lane } of placed) lanes.add(lane);
  const inOrder = [...lanes].sort(
    (a, b) => workerOfLane(a) - workerOfLane(b) || numberOfLane(a) - numberOfLane(b),
  );
  for (const [index, lane] of inOrder.entries()) {
    metadata("thread_name", lane, { name: nameOfLane(lane) });
    metadata("thread_sort_index", lane, { sort_index: index });
  }

  const timed: TraceEvent[] = [];
  for (const worker of workers) timed.push(...lifeOf(worker, zero, endedAt, pid, us));
  let arrow = 0;
  const runOfID = hasArrows ? lastRuns(placed) : new Map<string, PlacedRun>();
  for (const run of placed) {
    const { row, startedAt } = run;
    const ts = us(startedAt);
    const common = { name: row.name, pid, cat: row.kind };
    timed.push({
      ...common,
      ph: "X",
      tid: run.lane,
      ts,
      dur: Math.max(0, rounded(us(run.endedAt) - ts)),
      args: argsOf(row, run),
      ...(row.outcome === "failed" || row.outcome === "lost" ? { cname: "terrible" } : {}),
      ...(row.outcome === "cancelled" ? { cname: "grey" } : {}),
    });
    if (row.kind === "child") {
      // The put of a child costs less than a clock; what can be seen is where it went.
      const above = runOfID.get(row.parent ?? "");
      if (hasArrows && above !== undefined && above.lane !== run.lane) {
        const id = arrow++;
        timed.push({ ...common, ph: "s", tid: above.lane, ts, id });
        timed.push({ ...common, ph: "f", bp: "e", tid: run.lane, ts, id });
      }
      continue;
    }
    // Another attempt is put by nobody.
    if (row.putAt === undefined || row.putAt < zero || row.attempt > 1) continue;
    const putTs = Math.min(us(row.putAt), ts);
    const id = arrow++;
    timed.push({ ...common, ph: "i", s: "t", tid: CALLER, ts: putTs, args: putArgs(row) });
    if (!hasArrows) continue;
    timed.push({ ...common, ph: "s", tid: CALLER, ts: putTs, id });
    timed.push({ ...common, ph: "f", bp: "e", tid: run.lane, ts, id });
  }
  for (const row of rows) {
    if (row.workerId !== undefined) continue;
    const common = { name: row.name, pid, cat: row.kind, s: "t", tid: CALLER } as const;
    if (row.putAt !== undefined && row.putAt >= zero)
      timed.push({ ...common, ph: "i", ts: us(row.putAt), args: putArgs(row) });
    timed.push({ ...common, ph: "i", ts: us(row.endedAt), args: argsOf(row, undefined) });
  }
  let last = { waiting: 0, running: 0 };
  for (const load of loadOf(rows, placed, beganAt, endedAt)) {
    const common = { ph: "C", pid, tid: CALLER, ts: us(load.at) } as const;
    const { waiting, running } = load;
    if (waiting !== last.waiting)
      timed.push({ ...common, name: "queue length", args: { waiting } });
    if (running !== last.running) timed.push({ ...common, name: "running", args: { running } });
    last = load;
  }
  // Viewers read faster what is in order, and an arrow follows the event that it begins at.
  timed.sort((a, b) => a.ts - b.ts);
  return [...events, ...timed];
}

/** The last run of each request and child, by its identifier. */
function lastRuns(placed: readonly PlacedRun[]): Map<string, PlacedRun> {
  return new Map(placed.map((run) => [String(run.row.requestID), run]));
}

function nameOfLane(lane: number): string {
  const worker = workerOfLane(lane);
  const number = numberOfLane(lane);
  const name = worker === CALLER ? "caller" : `worker ${worker}`;
  return number === 0 ? name : `${name} (${number + 1})`;
}

function lifeOf(
  { workerId, startedAt, readyAt, endedAt, ending }: WorkerRow,
  from: number,
  to: number,
  pid: number,
  us: (at: number) => number,
): TraceEvent[] {
  const events: TraceEvent[] = [];
  const add = (name: string, at: number | undefined, args: { exit?: string }): void => {
    if (at === undefined || at < from || at > to) return;
    const common = { ph: "i", s: "t", cat: "worker", pid, tid: workerId } as const;
    events.push({ ...common, name, ts: us(at), args });
  };
  add("worker started", startedAt, {});
  add("worker ready", readyAt, {});
  add("worker ended", endedAt, ending === undefined ? {} : { exit: ending });
  return events;
}

function putArgs({ requestID, kind }: TraceRow): { requestID: string | number; kind: string } {
  return { requestID, kind };
}

function argsOf(row: TraceRow, run: PlacedRun | undefined): TraceRunArgs {
  const { requestID, kind, outcome, workerId, putAt, attempt, priority, items, error, parent } =
    row;
  const waitedUntil = run === undefined ? row.endedAt : run.startedAt;
  const isQueueTimeKnown = putAt !== undefined && run?.isStartUnknown !== true;
  return {
    requestID,
    kind,
    outcome,
    ...(workerId === undefined ? {} : { worker: workerId }),
    ...(isQueueTimeKnown ? { queuedMs: rounded(Math.max(0, waitedUntil - putAt)) } : {}),
    ...(run === undefined ? {} : { ranMs: rounded(run.endedAt - run.startedAt) }),
    attempt,
    priority,
    ...(parent === undefined ? {} : { parent }),
    ...(items > 0 ? { items } : {}),
    ...(error === undefined ? {} : { error }),
    ...(run?.isStartUnknown === true ? { startIsUnknown: true } : {}),
  };
}

/** To a thousandth: the clocks tell no more. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
