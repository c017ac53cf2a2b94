import type { ThreadPool, Trace, TraceEvent, TraceJSON, TraceOptions } from "../../src/index.ts";
import { timelineHTML, timelineSVG, writeTimeline } from "../../src/timeline/index.ts";
import type { TimelineOptions, TimelineSource } from "../../src/timeline/index.ts";
import { exactly } from "./exactly.ts";

export async function recorded(pool: ThreadPool): Promise<void> {
  using trace = pool.trace();
  exactly<Trace>()(trace);
  exactly<Trace>()(trace.stop());
  exactly<readonly TraceEvent[]>()(trace.events);
  exactly<TraceJSON>()(trace.toJSON());
  exactly<number>()(trace.dropped);
  exactly<number>()(trace.skipped);
  exactly<boolean>()(trace.isRecording);
  await trace.write("trace.json");
  await trace.write(new URL("trace.json", import.meta.url));
  // @ts-expect-error: a trace is made by a pool
  trace.stopped = true;
}

/** The kind of an event tells what it has. */
export function read(events: readonly TraceEvent[]): void {
  for (const event of events) {
    exactly<number>()(event.ts);
    if (event.ph === "X") {
      exactly<number>()(event.dur);
      exactly<string>()(event.args.outcome);
      exactly<number | undefined>()(event.args.queuedMs);
    }
    if (event.ph === "C") exactly<Readonly<Record<string, number>>>()(event.args);
    // @ts-expect-error: only a run has a duration
    if (event.ph === "i") exactly<number>()(event.dur);
  }
}

export function options(pool: ThreadPool): void {
  const all: TraceOptions = { maxEvents: 1, maxPerSecond: Infinity, keep: "oldest", arrows: false };
  pool.trace(all);
  // @ts-expect-error: one of two words
  pool.trace({ keep: "all" });
  // @ts-expect-error: a number
  pool.trace({ maxEvents: "1" });
  // @ts-expect-error: no such option
  pool.trace({ limit: 1 });
}

export async function drawn(trace: Trace, json: TraceJSON): Promise<void> {
  exactly<string>()(timelineHTML(trace));
  exactly<string>()(timelineHTML(json, { title: "A title" }));
  exactly<string>()(timelineSVG(trace.events, { width: 800 }));
  exactly<Promise<void>>()(writeTimeline("timeline.html", trace));
  const source: TimelineSource = trace;
  const titled: TimelineOptions = {};
  await writeTimeline(new URL("timeline.html", import.meta.url), source, titled);
  // @ts-expect-error: the text of a file is not parsed
  timelineHTML("{}");
  // @ts-expect-error: a page is as wide as its window
  timelineHTML(trace, { width: 800 });
}
