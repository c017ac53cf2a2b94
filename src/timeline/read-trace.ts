import { ThreadPoolError } from "../errors.ts";
import { Map, Set, TypeError, describeValue } from "../runtime/index.ts";
import type { Trace, TraceEvent, TraceJSON } from "../trace/index.ts";
import type { RunDatum, Step, TimelineModel } from "./model.ts";
import { Utilisation } from "./utilisation.ts";

/** What a timeline is made from: a trace, or what `JSON.parse` makes of its file. */
export type TimelineSource = Pick<Trace, "toJSON"> | TraceJSON | readonly TraceEvent[];

/** An event of a trace as it may come from a file: nothing in it is trusted. */
interface LooseEvent {
  readonly name?: unknown;
  readonly ph?: unknown;
  readonly cat?: unknown;
  readonly tid?: unknown;
  readonly ts?: unknown;
  readonly dur?: unknown;
  readonly args?: Readonly<Record<string, unknown>> | null;
}

const US_PER_MS = 1000;

/**
 * Reads what a timeline shows from a trace.
 *
 * @throws TypeError for what is no trace
 */
export function modelOf(source: TimelineSource, title: string | undefined): TimelineModel {
  const { events, pool, startedAt, lengthMs, dropped, skipped } = contentsOf(source);
  const laneNames = new Map<unknown, string>();
  const laneOrder = new Map<unknown, number>();
  const runs: LooseEvent[] = [];
  const queue: Step[] = [];
  const lives = new Map<unknown, { from: number; to: number | undefined }>();
  let unrun = 0;
  for (const event of events) {
    const { ph, name, tid, args } = event;
    if (ph === "M" && name === "thread_name") laneNames.set(tid, String(args?.["name"]));
    else if (ph === "M" && name === "thread_sort_index")
      laneOrder.set(tid, Number(args?.["sort_index"]));
    else if (ph === "X") runs.push(event);
    else if (ph === "C" && name === "queue length")
      queue.push([msOf(event.ts), numberOr(args?.["waiting"], 0)]);
    else if (ph === "i" && event.cat === "worker") noteLife(lives, event);
    else if (ph === "i" && args?.["outcome"] !== undefined) unrun += 1;
  }
  // A run before those within it.
  runs.sort(
    (a, b) => numberOr(a.ts, 0) - numberOr(b.ts, 0) || numberOr(b.dur, 0) - numberOr(a.dur, 0),
  );
  const inUse = new Set(runs.map(({ tid }) => tid));
  for (const tid of laneNames.keys()) if (tid !== 0) inUse.add(tid);
  const order = (tid: unknown): number => laneOrder.get(tid) ?? numberOr(tid, 0);
  const tids = [...inUse].sort((a, b) => order(a) - order(b));
  const laneOf = new Map(tids.map((tid, index) => [tid, index]));

  const names = namesOf(runs);
  const numberOfName = new Map(names.map((name, index) => [name, index]));
  const depthOf = depthsOf(runs);
  const data = runs.map((event, index) =>
    runOf(
      event,
      laneOf.get(event.tid) as number,
      numberOfName.get(String(event.name)) as number,
      depthOf[index] as number,
    ),
  );
  const depths = tids.map(() => 0);
  for (const datum of data) depths[datum[0]] = Math.max(depths[datum[0]] as number, datum[14]);
  const end = Math.max(lengthMs, ...endsOf(data));
  const utilisation = new Utilisation(end);
  for (const [index, tid] of tids.entries()) {
    const worker = workerOf(runs, tid);
    if (worker === 0) continue;
    const life = lives.get(tid);
    utilisation.addWorker(worker, life?.from ?? 0, life?.to ?? end);
    for (const datum of data)
      if (datum[0] === index) utilisation.addRun(worker, datum[1], datum[2]);
  }
  return {
    title: title ?? (pool === "" ? "Timeline" : `Timeline of ${pool}`),
    lanes: tids.map((tid) => laneNames.get(tid) ?? `thread ${String(tid)}`),
    names,
    runs: data,
    depths,
    queue: queue.sort(([a], [b]) => a - b),
    utilisation: utilisation.steps(),
    meanUtilisation: utilisation.mean(),
    workers: utilisation.workers,
    lengthMs: end,
    unrun,
    dropped,
    skipped,
    startedAt,
  };
}

interface Contents {
  readonly events: readonly LooseEvent[];
  readonly pool: string;
  readonly startedAt: string;
  readonly lengthMs: number;
  readonly dropped: number;
  readonly skipped: number;
}

function contentsOf(source: unknown): Contents {
  const json = hasToJSON(source) ? source.toJSON() : source;
  const isList = Array.isArray(json);
  const object = (typeof json === "object" && json !== null ? json : {}) as Partial<TraceJSON>;
  const events: unknown = isList ? json : object.traceEvents;
  if (!Array.isArray(events)) {
    throw new TypeError(
      `A timeline is made from a Trace of pool.trace(), or from what JSON.parse makes of its file: trace=${describeValue(source)}`,
    );
  }
  const known: readonly LooseEvent[] = events.filter(
    (event) => typeof event === "object" && event !== null,
  );
  if (!known.some(({ ph }) => typeof ph === "string")) {
    if (known.length > 0 || events.length > 0)
      throw new ThreadPoolError(
        `None of the events is of the Trace Event format; each has a ph: events=${events.length}`,
      );
  }
  const other = (isList ? undefined : object.otherData) as Partial<TraceJSON["otherData"]>;
  return {
    events: known,
    pool: typeof other?.pool === "string" ? other.pool : "",
    startedAt: typeof other?.startedAt === "string" ? other.startedAt : "",
    lengthMs: numberOr(other?.lengthMs, 0),
    dropped: numberOr(other?.dropped, 0),
    skipped: numberOr(other?.skipped, 0),
  };
}

function hasToJSON(source: unknown): source is Pick<Trace, "toJSON"> {
  return (
    typeof source === "object" &&
    source !== null &&
    typeof (source as { toJSON?: unknown }).toJSON === "function"
  );
}

function runOf(event: LooseEvent, lane: number, name: number, depth: number): RunDatum {
  const args = event.args ?? {};
  const start = msOf(event.ts);
  const id = args["requestID"];
  const queuedMs = args["queuedMs"];
  const error = args["error"];
  return [
    lane,
    start,
    start + numberOr(event.dur, 0) / US_PER_MS,
    name,
    typeof id === "number" ? id : textOr(id, ""),
    textOr(args["kind"] ?? event.cat, ""),
    textOr(args["outcome"], ""),
    typeof queuedMs === "number" ? queuedMs : null,
    numberOr(args["attempt"], 1),
    numberOr(args["priority"], 0),
    numberOr(args["items"], 0),
    typeof error === "string" ? error : null,
    args["startIsUnknown"] === true,
    args["parent"] === undefined ? null : textOr(args["parent"], ""),
    depth,
  ];
}

/** Deeper runs are drawn no thinner: they cover each other. */
const DEEPEST = 30;
/** Times are written to a thousandth of a microsecond. */
const ROUGH_US = 0.002;

/** How many runs of its lane each child lies within. Requests lie within none. The runs are in the order of time. */
function depthsOf(runs: readonly LooseEvent[]): number[] {
  const open = new Map<unknown, number[]>();
  return runs.map(({ tid, ts, dur, args }) => {
    const start = numberOr(ts, 0);
    const end = start + numberOr(dur, 0);
    const ends = open.get(tid) ?? [];
    open.set(tid, ends);
    while (ends.length > 0 && (ends.at(-1) as number) <= start + ROUGH_US) ends.pop();
    if (args?.["parent"] === undefined) ends.length = 0;
    return Math.min(ends.push(end) - 1, DEEPEST);
  });
}

/** The names of the runs, the most frequent first. */
function namesOf(runs: readonly LooseEvent[]): string[] {
  const counts = new Map<string, number>();
  for (const { name } of runs) counts.set(String(name), (counts.get(String(name)) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

function noteLife(
  lives: Map<unknown, { from: number; to: number | undefined }>,
  { name, tid, ts }: LooseEvent,
): void {
  const life = lives.get(tid) ?? { from: 0, to: undefined };
  if (name === "worker started") life.from = msOf(ts);
  if (name === "worker ended") life.to = msOf(ts);
  lives.set(tid, life);
}

/** The worker of a lane. A worker that runs several requests at a time has several lanes. */
function workerOf(runs: readonly LooseEvent[], tid: unknown): unknown {
  return runs.find((event) => event.tid === tid)?.args?.["worker"] ?? tid;
}

/** In parts, because a call takes no hundred thousand arguments. */
function* endsOf(runs: readonly RunDatum[]): Generator<number> {
  let largest = 0;
  for (const [, , end] of runs) largest = Math.max(largest, end);
  yield largest;
}

function msOf(us: unknown): number {
  return numberOr(us, 0) / US_PER_MS;
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : otherwise;
}
