import { beginItems } from "../../native-queue/index.ts";
import { explainFailure } from "../callable/load.ts";
import { isThenable, performanceNow } from "../runtime/index.ts";
import { HAS_CURSOR, IS_PLAIN, REPORTS } from "./chunk-format.ts";
import type { ChunkReport, RangeArgs } from "./chunk-format.ts";
import type { AnyFunction, RunnerHost } from "./runner-host.ts";
import { encodedReason } from "./runner-host.ts";

/** A call should take about so long: long against what a call costs, short for those who wait for the rest of the chunk. */
const CALL_MS = 0.25;
/** By how much calls grow at most from one to the next: the first ones run cold. */
const GROWTH = 8;
/** The first call of a chunk is this much smaller than the last one of the chunk before. */
const CAUTION = 16;
/** Who wants to know how far the chunk has come is told when so much time has gone by. */
const REPORT_MS = 2;

/** Makes the runner that calls a callable for the parts of a range. */
export function makeRangeRunner(callable: AnyFunction, host: RunnerHost): AnyFunction {
  const pace = new Pace();
  return (...args) => new RangeRun(callable, pace, args as unknown as RangeArgs, host).run();
}

/** How many numbers the next call gets. It follows the measured run times. */
class Pace {
  #size = 1;

  begin(): void {
    this.#size = Math.max(1, Math.floor(this.#size / CAUTION));
  }

  /** @param left how many numbers the chunk has left, at most */
  next(left: number): number {
    // No small rest: it would cost a call of its own.
    return left < this.#size * 1.5 ? left : this.#size;
  }

  measure(numbers: number, ms: number): void {
    const byTime = ms > 0 ? (numbers * CALL_MS) / ms : Infinity;
    this.#size = Math.max(1, Math.floor(Math.min(byTime, numbers * GROWTH)));
  }
}

/** One run of a chunk of a range, one call after the other. */
class RangeRun {
  readonly #callable: AnyFunction;
  readonly #pace: Pace;
  readonly #host: RunnerHost;
  readonly #task: number;
  readonly #flags: number;
  readonly #start: number;
  readonly #length: number;
  readonly #grain: number;
  readonly #args: readonly unknown[];
  /** The first number that is not reported, from the start of the chunk. */
  #from = 0;
  /** The first number that is not done. */
  #done = 0;
  #failures: [number, Uint8Array][] = [];
  #reportedAtMs: number;

  constructor(
    callable: AnyFunction,
    pace: Pace,
    [flags, start, length, grain, ...args]: RangeArgs,
    host: RunnerHost,
  ) {
    this.#callable = callable;
    this.#pace = pace;
    this.#host = host;
    this.#task = host.taskAtHand;
    this.#flags = flags;
    this.#start = start;
    this.#length = length;
    this.#grain = grain;
    this.#args = args;
    this.#reportedAtMs = performanceNow();
  }

  run(): ChunkReport | Promise<ChunkReport> {
    this.#pace.begin();
    this.#host.lastReports.add(this.#report);
    for (;;) {
      const from = this.#begin();
      if (from >= this.#length) return this.#end();
      const beganAtMs = performanceNow();
      try {
        const result = this.#call(from);
        if (isThenable(result)) return this.#goOn(result, from, beganAtMs);
      } catch (error) {
        return this.#fail(error, from);
      }
      this.#measure(from, beganAtMs);
    }
  }

  async #goOn(first: PromiseLike<unknown>, at: number, atMs: number): Promise<ChunkReport> {
    let result: unknown = first;
    let from = at;
    let beganAtMs = atMs;
    try {
      for (;;) {
        await result;
        this.#measure(from, beganAtMs);
        from = this.#begin();
        if (from >= this.#length) return this.#end();
        beganAtMs = performanceNow();
        result = this.#call(from);
      }
    } catch (error) {
      return this.#fail(error, from);
    }
  }

  /** How many numbers the next call has; `#call` and `#measure` follow. */
  #size = 0;

  /** The first number of the next call. Nobody else gets the numbers of that call. */
  #begin(): number {
    const left = this.#length - this.#done;
    const isOneCall = (this.#flags & HAS_CURSOR) === 0;
    if (this.#grain > 0) this.#size = this.#grain;
    else this.#size = isOneCall ? left : this.#pace.next(left);
    if (isOneCall) return this.#done;
    // A call without numbers would begin for ever.
    return beginItems(this.#host.views, this.#task, Math.max(1, this.#size));
  }

  #call(from: number): unknown {
    const callable = this.#callable;
    const end = Math.min(from + this.#size, this.#length);
    return callable(this.#start + from, this.#start + end, ...this.#args);
  }

  #measure(from: number, beganAtMs: number): void {
    const now = performanceNow();
    this.#done = Math.min(from + this.#size, this.#length);
    this.#pace.measure(this.#done - from, now - beganAtMs);
    const isDue = (this.#flags & REPORTS) !== 0 && now - this.#reportedAtMs >= REPORT_MS;
    if (isDue && this.#done < this.#length) this.#report();
  }

  #fail(error: unknown, from: number): ChunkReport {
    const foreign = (this.#flags & IS_PLAIN) === 0 ? "refuse" : "plain";
    const reason = encodedReason(explainFailure(error, this.#callable), foreign);
    this.#failures.push([from - this.#from, reason]);
    this.#done = from + 1;
    return this.#end();
  }

  #end(): ChunkReport {
    this.#host.lastReports.delete(this.#report);
    return this.#takeReport();
  }

  readonly #report = (): void => {
    if (this.#done > this.#from) this.#host.report(this.#task, this.#takeReport());
  };

  #takeReport(): ChunkReport {
    const now = performanceNow();
    const from = this.#from;
    const ranMs = now - this.#reportedAtMs;
    this.#from = this.#done;
    this.#reportedAtMs = now;
    return [from, this.#done - from, NO_RESULTS, this.#failures, ranMs];
  }
}

const NO_RESULTS: readonly [readonly unknown[]] = [[]];
