import { busyMsWord } from "../native-queue/index.ts";
import type { QueueViews } from "../native-queue/index.ts";

/** One worker's figures since it was started. */
export interface WorkerFigures {
  readonly id: number;
  /** Requests done. */
  readonly requests: number;
  /** Milliseconds between finding work and running out of it. */
  readonly busyMs: number;
  /** `busyMs` as a share of the time since the worker was started, 0 to 1. */
  readonly busyShare: number;
  /** How many workers have died in its place before it. */
  readonly deaths: number;
}

interface Counted {
  readonly thread: { readonly id: number };
  readonly channel: { readonly slot: number; readonly results: number };
  readonly startedAt: number;
  readonly deaths: number;
}

/** Reads a worker's figures from shared memory. */
export function figuresOf(
  views: QueueViews,
  { thread, channel, startedAt, deaths }: Counted,
): WorkerFigures {
  const busyMs = Atomics.load(views.words, busyMsWord(channel.slot));
  const lifetimeMs = performance.now() - startedAt;
  const busyShare = Math.min(1, busyMs / lifetimeMs);
  return { id: thread.id, requests: channel.results, busyMs, busyShare, deaths };
}
