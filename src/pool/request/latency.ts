import type { RecordableHistogram } from "node:perf_hooks";
import { NOT_TIMED } from "./put-times.ts";
import type { TimingBudget } from "./timing-budget.ts";
import { performanceNow, TIME_ORIGIN, getBuiltinModule } from "../../runtime/index.ts";

const ALWAYS_TIMED = 32;
const TIMED_SHARE = 256;
const US_PER_MS = 1000;
const LONGEST_MS = 2 ** 40;
/** So many times wait for a histogram: those of the first 256 requests, and of half a million later ones. */
const MOST_RECORDED = 4096;

/** A distribution of durations, in milliseconds. */
export interface Durations {
  /** The number of measured requests. */
  readonly count: number;
  /** Half of the durations are at most this, in milliseconds. */
  readonly p50: number;
  /** 90 % of the durations are at most this, in milliseconds. */
  readonly p90: number;
  /** 99 % of the durations are at most this, in milliseconds. */
  readonly p99: number;
  /** The longest duration, in milliseconds. */
  readonly max: number;
  /** The average, in milliseconds. */
  readonly mean: number;
}

/**
 * How long requests wait in the queue, and how long they run.
 *
 * Reading three clocks costs as much as everything else that is done for a small request. So the first 32 requests are timed, and one
 * in 256 of the later ones.
 */
export class Latency {
  /** In whole microseconds, from 1. The histograms are made when the figures are read, or many are recorded. */
  #queued: RecordableHistogram | undefined;
  #ran: RecordableHistogram | undefined;
  /** Times that are in no histogram yet: of one request after the other, first in the queue, then of the run. */
  #recorded: number[] = [];
  /** Whether every request is timed, because something observes the pool. The histograms still get a sample. */
  isTimingAll = false;
  /** Chooses further requests that are timed, for an observer that does without some of them. */
  budget: TimingBudget | undefined = undefined;
  /** How many requests were timed while that is so. */
  #timed = 0;

  /**
   * The time of a put in milliseconds, on the clock that all threads share; `NOT_TIMED` when the request is not timed.
   *
   * @param putBefore how many requests were put before this one
   */
  putAt(putBefore: number): number {
    if (putBefore >= ALWAYS_TIMED && putBefore % TIMED_SHARE !== 0 && !this.isTimingAll)
      return this.budget === undefined ? NOT_TIMED : this.budget.putAt();
    return TIME_ORIGIN + performanceNow();
  }

  /** Records the times of one request. A value that is no duration, from a worker that overwrote its memory, is ignored. */
  record(queuedMs: number, ranMs: number): void {
    const isObserved = this.isTimingAll || this.budget !== undefined;
    if (isObserved && !isInSample(this.#timed++)) return;
    if (!(queuedMs < LONGEST_MS && ranMs < LONGEST_MS)) return;
    this.#recorded.push(wholeUs(queuedMs), wholeUs(ranMs));
    if (this.#recorded.length >= MOST_RECORDED) this.#fillHistograms();
  }

  /** From the put of a request to the start of its run. */
  get queued(): Durations {
    this.#fillHistograms();
    return durationsOf(this.#queued);
  }

  /** From the start of a run to its result. */
  get ran(): Durations {
    this.#fillHistograms();
    return durationsOf(this.#ran);
  }

  #fillHistograms(): void {
    if (this.#recorded.length === 0) return;
    const { createHistogram } = getBuiltinModule("node:perf_hooks");
    const queued = (this.#queued ??= createHistogram());
    const ran = (this.#ran ??= createHistogram());
    for (const [index, us] of this.#recorded.entries()) (index % 2 === 0 ? queued : ran).record(us);
    this.#recorded = [];
  }
}

function isInSample(before: number): boolean {
  return before < ALWAYS_TIMED || before % TIMED_SHARE === 0;
}

/** A value that a histogram can record: at least 1, because the clocks of two threads may differ by a microsecond. */
function wholeUs(ms: number): number {
  return Math.max(1, Math.round(ms * US_PER_MS));
}

function durationsOf(histogram: RecordableHistogram | undefined): Durations {
  const count = histogram?.count ?? 0;
  const ms = (percentile: number): number =>
    count === 0 || histogram === undefined ? 0 : histogram.percentile(percentile) / US_PER_MS;
  const mean = count === 0 || histogram === undefined ? 0 : histogram.mean / US_PER_MS;
  return { count, p50: ms(50), p90: ms(90), p99: ms(99), max: ms(100), mean };
}
