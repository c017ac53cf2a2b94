import {
  Blob,
  RangeError,
  TypeError,
  checkKnownOptions,
  describeValue,
  ownOptions,
  writeFile,
} from "../runtime/index.ts";
import type { GlobalURL } from "../runtime/index.ts";
import { Recorder, now } from "./recorder.ts";
import { RowLog } from "./row-log.ts";
import type { Kept } from "./row-log.ts";
import { traceJSONOf } from "./to-events.ts";
import type { TraceEvent, TraceJSON } from "./trace-event.ts";
import type { TraceRow } from "./trace-row.ts";
import type { TraceSource } from "./trace-source.ts";

/** Options of `ThreadPool.trace`. */
export interface TraceOptions {
  /** How many runs are kept, 1 to 10,000,000; 100,000 when left out. Each takes about 90 bytes. */
  readonly maxEvents?: number | undefined;
  /**
   * How many requests a second are recorded, 1 or more, when there are more than 10,000; 200,000 when left out, Infinity for
   * all. To record a request takes a fifth of a microsecond, which is much beside the smallest ones: so the cost is bounded.
   */
  readonly maxPerSecond?: number | undefined;
  /** Which runs are kept when there are more: the newest, or the oldest; "newest" when left out. */
  readonly keep?: "newest" | "oldest" | undefined;
  /** Whether arrows go from each put to the start of its run, which doubles the size of the file; true when left out. */
  readonly arrows?: boolean | undefined;
}

const KNOWN = { maxEvents: true, maxPerSecond: true, keep: true, arrows: true } satisfies Record<
  keyof TraceOptions,
  true
>;
const DEFAULT_MOST = 100_000;
const LARGEST_MOST = 10_000_000;
const DEFAULT_PER_SECOND = 200_000;

/**
 * What happens to the requests of a pool, from `ThreadPool.trace()` on: see there.
 *
 * A trace that is not stopped goes on until its pool is no more. It keeps at most `maxEvents` runs.
 */
export class Trace implements Disposable {
  readonly #poolName: string;
  readonly #log: RowLog;
  readonly #recorder: Recorder;
  readonly #kept: Kept;
  readonly #hasArrows: boolean;
  readonly #beganAt: number = now();
  #unobserve: (() => void) | undefined;
  readonly #skippedSoFar: () => number;
  readonly #skippedBefore: number;
  /** What was recorded, when it was stopped. */
  #stopped: Stopped | undefined;
  #written: TraceJSON | undefined;

  /** @throws TypeError, RangeError for bad options */
  constructor(source: TraceSource, options: TraceOptions = {}) {
    const { maxEvents, maxPerSecond, keep, arrows } = checkOptions(options);
    this.#poolName = source.poolName;
    this.#kept = keep;
    this.#hasArrows = arrows;
    this.#log = new RowLog(maxEvents, keep);
    this.#recorder = new Recorder(source, this.#log);
    this.#skippedSoFar = source.skipped;
    this.#skippedBefore = source.skipped();
    this.#unobserve = source.observe(this.#recorder, maxPerSecond);
  }

  /** Whether the trace goes on. */
  get isRecording(): boolean {
    return this.#stopped === undefined;
  }

  /** How many runs are not in the trace, because there were more than `maxEvents`. */
  get dropped(): number {
    return this.#log.dropped;
  }

  /** How many requests are not in the trace, because there were more than `maxPerSecond`, and children of very large trees. */
  get skipped(): number {
    return this.#now().skipped;
  }

  /** The events of the Trace Event format, those of requests that are not over included. */
  get events(): readonly TraceEvent[] {
    return this.toJSON().traceEvents;
  }

  /** Records nothing more. What is not over by now is in the trace as it stands. Does nothing the second time. */
  stop(): this {
    if (this.#stopped !== undefined) return this;
    this.#stopped = this.#now();
    this.#unobserve?.();
    this.#unobserve = undefined;
    return this;
  }

  /** The trace in the JSON object form of the Trace Event format, so that `JSON.stringify(trace)` gives a file of that format. */
  toJSON(): TraceJSON {
    if (this.#written !== undefined) return this.#written;
    const { endedAt, open, skipped } = this.#now();
    const rows = this.#log.rows();
    const json = traceJSONOf({
      poolName: this.#poolName,
      rows: [...rows, ...open],
      workers: this.#recorder.workers,
      ...this.#stretchOf(rows, endedAt),
      dropped: this.dropped,
      skipped,
      hasArrows: this.#hasArrows,
    });
    if (this.#stopped !== undefined) this.#written = json;
    return json;
  }

  /**
   * Writes the trace to a file, for `ui.perfetto.dev`, `chrome://tracing` or `ringpool/timeline`. A trace that goes on is
   * written as it stands.
   *
   * @param path the file, such as "trace.json"; its folder is made if it is missing
   */
  async write(path: string | GlobalURL): Promise<void> {
    await writeFile(path as string, textOf(this.toJSON()));
  }

  /** The time of which the trace tells. That of runs which were not kept does not count: it would look idle. */
  #stretchOf(rows: readonly TraceRow[], endedAt: number): { beganAt: number; endedAt: number } {
    if (this.dropped === 0) return { beganAt: this.#beganAt, endedAt };
    if (this.#kept === "oldest") {
      const ends = rows.map((row) => row.endedAt);
      return { beganAt: this.#beganAt, endedAt: ends.reduce((a, b) => Math.max(a, b)) };
    }
    const starts = rows.map((row) => row.startedAt ?? row.endedAt);
    return { beganAt: starts.reduce((a, b) => Math.min(a, b)), endedAt };
  }

  #now(): Stopped {
    return (
      this.#stopped ?? {
        endedAt: now(),
        open: this.#recorder.open(),
        skipped: this.#skippedSoFar() - this.#skippedBefore + this.#recorder.skippedChildren,
      }
    );
  }

  /** `using trace = pool.trace()`: as `stop`. */
  [Symbol.dispose](): void {
    this.stop();
  }
}

/** How things stand at the end of a trace. */
interface Stopped {
  readonly endedAt: number;
  readonly open: readonly TraceRow[];
  readonly skipped: number;
}

/** One event a line, so that the file can be searched. */
function textOf({ traceEvents, ...others }: TraceJSON): Blob {
  const pieces = ['{"traceEvents":[\n'];
  for (const [index, event] of traceEvents.entries())
    pieces.push(index === 0 ? "" : ",\n", JSON.stringify(event));
  pieces.push("\n],", JSON.stringify(others).slice(1), "\n");
  return new Blob(pieces);
}

function checkOptions(options: TraceOptions): Required<{
  [Name in keyof TraceOptions]: NonNullable<TraceOptions[Name]>;
}> {
  checkKnownOptions(options, KNOWN, "trace");
  const {
    maxEvents = DEFAULT_MOST,
    maxPerSecond = DEFAULT_PER_SECOND,
    keep = "newest",
    arrows = true,
  } = ownOptions(options, KNOWN);
  if (typeof maxEvents !== "number")
    throw new TypeError(`maxEvents is a number: maxEvents=${describeValue(maxEvents)}`);
  if (!Number.isInteger(maxEvents) || maxEvents < 1 || maxEvents > LARGEST_MOST)
    throw new RangeError(
      `maxEvents is a whole number from 1 to ${LARGEST_MOST}: maxEvents=${maxEvents}`,
    );
  if (typeof maxPerSecond !== "number")
    throw new TypeError(`maxPerSecond is a number: maxPerSecond=${describeValue(maxPerSecond)}`);
  if (!(maxPerSecond >= 1))
    throw new RangeError(
      `maxPerSecond is 1 or more, or Infinity for all: maxPerSecond=${maxPerSecond}`,
    );
  if (keep !== "newest" && keep !== "oldest")
    throw new TypeError(`keep is "newest" or "oldest": keep=${describeValue(keep)}`);
  if (typeof arrows !== "boolean")
    throw new TypeError(`arrows is true or false: arrows=${describeValue(arrows)}`);
  return { maxEvents, maxPerSecond, keep, arrows };
}
