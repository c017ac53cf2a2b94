/** A trace of a program that means ill: its names and errors try to break out of the page. */
import type { TraceJSON } from "../../src/index.ts";

/** Ends a script, begins a comment and a tag, and closes a string. */
export const HOSTILE = `</script><!--<script>"'\\\u2028<img src=x onerror=alert(1)>`;

export function hostileTrace(): TraceJSON {
  const run = { pid: 1, cat: "run", ph: "X" } as const;
  const args = { attempt: 1, priority: 0, kind: "run", outcome: "failed", queuedMs: 1, ranMs: 2 };
  return {
    traceEvents: [
      { name: "process_name", ph: "M", cat: "", pid: 1, tid: 0, ts: 0, args: { name: HOSTILE } },
      { name: "thread_name", ph: "M", cat: "", pid: 1, tid: 1, ts: 0, args: { name: HOSTILE } },
      { name: "thread_name", ph: "M", cat: "", pid: 1, tid: 2, ts: 0, args: { name: "worker 2" } },
      {
        ...run,
        name: HOSTILE,
        tid: 1,
        ts: 1000,
        dur: 50_000,
        args: { ...args, worker: 1, requestID: HOSTILE, error: HOSTILE },
      },
      {
        ...run,
        name: "plain",
        tid: 2,
        ts: 20_000,
        dur: 30_000,
        args: { ...args, worker: 2, requestID: 2 },
      },
      { name: "queue length", ph: "C", pid: 1, tid: 0, ts: 500, args: { waiting: 2 } },
      { name: "queue length", ph: "C", pid: 1, tid: 0, ts: 20_000, args: { waiting: 0 } },
    ],
    displayTimeUnit: "ms",
    otherData: {
      pool: HOSTILE,
      startedAt: "2026-01-01T00:00:00.000Z",
      lengthMs: 60,
      dropped: 3,
      skipped: 4,
    },
  };
}
