/**
 * The worker's door to the room of collections: what runs the items of a chunk. A worker loads it when a request first names
 * a runner. It must never know what a collection is, or in which order its chunks were put.
 */
import { beginItem } from "../../native-queue/index.ts";
import { explainFailure } from "../callable/load.ts";
import { ColumnPacker } from "../codec/columns/index.ts";
import type { Foreign } from "../codec/index.ts";
import {
  Error,
  clearTimeout,
  isThenable,
  peekPromise,
  performanceNow,
  setTimeout,
  utilTypes,
} from "../runtime/index.ts";
import {
  HAS_CURSOR,
  IS_PLAIN,
  MAP_RUNNER,
  RANGE_RUNNER,
  REDUCE_RUNNER,
  REPORTS,
  SETTLES,
  SPREADS,
} from "./chunk-format.ts";
import type { ChunkArgs, ChunkReport } from "./chunk-format.ts";
import { Fold } from "./fold.ts";
import { unpack } from "./pack.ts";
import { makeRangeRunner } from "./range-runner.ts";
import { encodedReason } from "./runner-host.ts";
import type { AnyFunction, RunnerHost } from "./runner-host.ts";
import { STREAM_RUNNER } from "./stream-format.ts";
import { streamRunner } from "./stream-runner.ts";

/** Results are reported when the oldest of them has waited for so long, if the parent wants to know in between. */
const LONGEST_WAIT_MS = 2;
/** And if it does not, because each report takes the parent some ten microseconds of a core. */
const LONGEST_WAIT_FOR_ALL_MS = 5;

/** Results are reported when there are so many of them, or so many bytes: a frame of the result ring has room for them. */
const MOST_RESULTS = 12_288;
const MOST_BYTES = 96 * 1024;
/** A look at the clock takes as long as some tiny items. Between two looks there are as many items as run for about this long. */
const SHORT_MS = 0.02;
const LONG_MS = 0.1;
const LONGEST_STRIDE = 64;

export type { RunnerHost } from "./runner-host.ts";

/** Makes the runner of that name. @throws Error when there is none, as in a worker of another version */
export function makeRunner(
  name: string,
  functions: readonly AnyFunction[],
  host: RunnerHost,
): AnyFunction {
  const [callable, combine] = functions as [AnyFunction, AnyFunction | undefined];
  switch (name) {
    case MAP_RUNNER:
    case REDUCE_RUNNER:
      return (...args) => new ChunkRun(callable, combine, args as unknown as ChunkArgs, host).run();
    case RANGE_RUNNER:
      return makeRangeRunner(callable, host);
    case STREAM_RUNNER:
      return streamRunner(callable, host);
    default:
      throw new Error(`Unknown runner: name=${name}`);
  }
}

/**
 * One run of the items of a chunk, one after the other.
 *
 * Results travel together at the end. When the chunk takes long, they are reported in between, at the latest when the worker
 * ends: what was done is not lost with it.
 */
class ChunkRun {
  readonly #callable: AnyFunction;
  readonly #host: RunnerHost;
  readonly #task: number;
  readonly #flags: number;
  readonly #longestWaitMs: number;
  readonly #foreign: Foreign;
  readonly #items: ArrayLike<unknown>;
  readonly #results: ColumnPacker | Fold;
  #failures: [number, Uint8Array][] = [];
  /** The index of the first item whose result is not reported. */
  #from = 0;
  #nextItem = 0;
  #hasStopped = false;
  #reportedAtMs: number;
  #lookedAtMs: number;
  /** How many items run between two looks at the clock. */
  #stride = 1;
  #untilLook = 1;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    callable: AnyFunction,
    combine: AnyFunction | undefined,
    [flags, packed]: ChunkArgs,
    host: RunnerHost,
  ) {
    this.#callable = callable;
    this.#host = host;
    this.#task = host.taskAtHand;
    this.#flags = flags;
    this.#longestWaitMs = (flags & REPORTS) === 0 ? LONGEST_WAIT_FOR_ALL_MS : LONGEST_WAIT_MS;
    this.#foreign = (flags & IS_PLAIN) === 0 ? "refuse" : "plain";
    this.#items = unpack(packed);
    const expected = Math.min(this.#items.length, MOST_RESULTS);
    this.#results =
      combine === undefined
        ? new ColumnPacker("result", this.#foreign, expected)
        : new Fold(combine, this.#foreign);
    this.#lookedAtMs = performanceNow();
    this.#reportedAtMs = this.#lookedAtMs;
  }

  run(): ChunkReport | Promise<ChunkReport> {
    const { lastReports } = this.#host;
    lastReports.add(this.#report);
    const waiting = this.#runUntilPending();
    if (waiting !== undefined) return this.#goOn(waiting);
    lastReports.delete(this.#report);
    return this.#takeReport();
  }

  /** Runs items until one of them waits for something, and returns what it waits for; undefined when the chunk is done. */
  #runUntilPending(): PromiseLike<unknown> | undefined {
    const results = this.#results;
    const callable = results instanceof Fold ? results.combining(this.#callable) : this.#callable;
    const items = this.#items;
    const isSpread = (this.#flags & SPREADS) !== 0;
    const hasCursor = (this.#flags & HAS_CURSOR) !== 0;
    const { views } = this.#host;
    const task = this.#task;
    const { length } = items;
    for (;;) {
      // Nobody else runs the item that is begun here.
      const index = hasCursor ? beginItem(views, task) : this.#nextItem++;
      if (index >= length) return undefined;
      try {
        const item = items[index];
        let value: unknown = isSpread ? callable(...(item as unknown[])) : callable(item);
        if (typeof value === "object" || typeof value === "function") {
          if (isThenable(value)) {
            // A promise that is fulfilled already takes no turn of the event loop.
            if (!isFulfilled(value)) return value;
            value = peekPromise(value);
          }
        }
        if (!results.tryAdd(value)) this.#reportAlone(value);
      } catch (error) {
        this.#fail(error);
        if (this.#hasStopped) return undefined;
      }
      if (--this.#untilLook <= 0 || results.bytes >= MOST_BYTES) this.#look();
    }
  }

  async #goOn(first: PromiseLike<unknown>): Promise<ChunkReport> {
    const { lastReports } = this.#host;
    try {
      for (
        let waiting: PromiseLike<unknown> | undefined = first;
        waiting !== undefined;
        waiting = this.#hasStopped ? undefined : this.#runUntilPending()
      ) {
        this.#reportInTime();
        try {
          const value = await waiting;
          if (!this.#results.tryAdd(value)) this.#reportAlone(value);
        } catch (error) {
          this.#fail(error);
        }
        this.#look();
      }
      return this.#takeReport();
    } finally {
      lastReports.delete(this.#report);
      clearTimeout(this.#timer);
    }
  }

  /** Reports a result whose parts travel beside the bytes. It must be sent before anything happens to it. */
  #reportAlone(value: unknown): void {
    this.#report();
    this.#host.report(this.#task, [this.#from, 1, [[value]], [], 0] satisfies ChunkReport);
    this.#from += 1;
  }

  #fail(error: unknown): void {
    const reason = encodedReason(explainFailure(error, this.#callable), this.#foreign);
    this.#failures.push([this.#results.count, reason]);
    if (this.#results instanceof Fold) this.#results.addFailure();
    else this.#results.tryAdd(undefined);
    this.#hasStopped = (this.#flags & SETTLES) === 0;
  }

  /** Looks at the clock, and reports what has waited long. That is done the less often the shorter the items are. */
  #look(): void {
    const now = performanceNow();
    const ms = now - this.#lookedAtMs;
    this.#lookedAtMs = now;
    if (ms < SHORT_MS) this.#stride = Math.min(2 * this.#stride, LONGEST_STRIDE);
    else if (ms > LONG_MS) this.#stride = Math.ceil(this.#stride / 4);
    this.#untilLook = this.#stride;
    const { count, bytes } = this.#results;
    const isMuch = count > MOST_RESULTS - LONGEST_STRIDE || bytes >= MOST_BYTES;
    if ((!isMuch && now - this.#reportedAtMs < this.#longestWaitMs) || this.#hasStopped) return;
    // The last one goes with the reply.
    if (this.#from + count < this.#items.length) this.#report();
  }

  /** While an item waits, the results before it are reported in time. */
  #reportInTime(): void {
    if (this.#results.count === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#report();
    }, this.#longestWaitMs);
  }

  readonly #report = (): void => {
    if (this.#results.count > 0) this.#host.report(this.#task, this.#takeReport());
  };

  /** What was not reported yet. */
  #takeReport(): ChunkReport {
    const now = performanceNow();
    const from = this.#from;
    const { count } = this.#results;
    const failures = this.#failures;
    const ranMs = now - this.#reportedAtMs;
    this.#from += count;
    this.#failures = [];
    this.#reportedAtMs = now;
    return [from, count, this.#results.take(), failures, ranMs];
  }
}

/** Whether a value is a promise that is fulfilled. A rejected one has to be awaited, or it would count as unhandled. */
function isFulfilled(value: unknown): value is Promise<unknown> {
  return utilTypes().isPromise(value) && peekPromise.status(value) === "fulfilled";
}
