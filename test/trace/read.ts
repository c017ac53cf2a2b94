/** What the tests read of a trace. */
import type { Trace, TraceEvent } from "../../src/index.ts";

export type RunEvent = Extract<TraceEvent, { ph: "X" }>;
export type Moment = Extract<TraceEvent, { ph: "i" }>;

/** The runs, in the order of their starts. */
export function runsOf(trace: Trace): readonly RunEvent[] {
  return trace.events.filter((event) => event.ph === "X");
}

/** The requests that ended without a run. */
export function unrunOf(trace: Trace): readonly Moment[] {
  return momentsOf(trace).filter(({ args }) => args.outcome !== undefined);
}

export function momentsOf(trace: Trace): readonly Moment[] {
  return trace.events.filter((event) => event.ph === "i");
}

/** The values of a counter, in the order of time. */
export function counterOf(trace: Trace, name: string): readonly number[] {
  return trace.events.flatMap((event) =>
    event.ph === "C" && event.name === name ? Object.values(event.args) : [],
  );
}

/** What is told of each run, without the times. */
export function toldOf(trace: Trace): readonly object[] {
  return runsOf(trace).map(({ name, cat, args }) => ({ name, cat, outcome: args.outcome }));
}
