/**
 * How long requests wait and run. The times of the first requests are all taken, of later ones those of one in
 * 256: reading three clocks costs as much as everything else that is done for a small request.
 */
import { createHistogram } from "node:perf_hooks";
import type { RecordableHistogram } from "node:perf_hooks";

const ALWAYS_TIMED = 256;
const TIMED_SHARE = 256;
const US_PER_MS = 1000;
const LONGEST_MS = 2 ** 40;

/** A distribution of durations, in milliseconds. */
export interface Durations {
  /** How many were measured. */
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export class Latency {
  /** Of whole microseconds, from 1. */
  readonly #queued: RecordableHistogram = createHistogram();
  readonly #ran: RecordableHistogram = createHistogram();

  /** When a request is put, on the clock that all threads share, in milliseconds; 0 when its times are not taken. */
  putAt(putBefore: number): number {
    if (putBefore >= ALWAYS_TIMED && putBefore % TIMED_SHARE !== 0) return 0;
    return performance.timeOrigin + performance.now();
  }

  /** What is no duration, from a worker that overwrote its memory, is left out. */
  record(queuedMs: number, ranMs: number): void {
    if (!(queuedMs < LONGEST_MS && ranMs < LONGEST_MS)) return;
    this.#queued.record(wholeUs(queuedMs));
    this.#ran.record(wholeUs(ranMs));
  }

  /** From the put of a request to the start of its run. */
  get queued(): Durations {
    return durationsOf(this.#queued);
  }

  /** From the start of a run to its result. */
  get ran(): Durations {
    return durationsOf(this.#ran);
  }
}

/** What a histogram can record; the clocks of two threads may differ by one. */
function wholeUs(ms: number): number {
  return Math.max(1, Math.round(ms * US_PER_MS));
}

function durationsOf(histogram: RecordableHistogram): Durations {
  const { count } = histogram;
  const ms = (percentile: number): number =>
    count === 0 ? 0 : histogram.percentile(percentile) / US_PER_MS;
  return { count, p50: ms(50), p90: ms(90), p99: ms(99), max: ms(100) };
}
