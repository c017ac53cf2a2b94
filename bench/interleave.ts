/**
 * Measures contestants side by side: short rounds in turn, so that a noisy moment of the machine meets all
 * of them, and medians over the rounds, so that it decides nothing. Two contestants are compared within
 * each round, and the median of those ratios is what counts.
 */
import { measure } from "mitata";
import type { Failure, Figure } from "./result.ts";

const ROUNDS = 13;
const ROUND_MS = 60;
/** Not timed: after the others' rounds, caches and the heap's pages are not the contestant's own. */
const LEAD_IN_MS = 20;
/** Until the engine has compiled what is hot: its last stage comes after one to two seconds. */
const WARM_UP_MS = 2000;

/** Samples that take longer are taken in one round of so many. */
const SLOW_MS = 300;
const ROUNDS_PER_SLOW_ONE = 7;

export interface Entry {
  readonly name: string;
  /** One sample; the requests in it are counted by the question. */
  readonly sample: () => unknown;
}

/** What an entry's rounds have shown, in nanoseconds a sample. */
export interface Rounds {
  readonly name: string;
  /** Each round's median. */
  readonly medians: readonly number[];
  readonly samples: readonly number[];
}

export interface Interleaved {
  readonly rounds: readonly Rounds[];
  /** Entries that threw; they are left out of the rounds. */
  readonly failures: readonly Failure[];
}

/** Measures the entries in turn, the first more than once. `where` names the case in failures. */
export async function interleave(entries: readonly Entry[], where: string): Promise<Interleaved> {
  const failures: Failure[] = [];
  const running = new Map(entries.map((entry) => [entry, newSink()]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [entry, sink] of running) {
      if (sink.isSlow && round % ROUNDS_PER_SLOW_ONE !== 0) continue;
      try {
        if (round < 0) {
          sink.isSlow = (await timed(entry.sample, WARM_UP_MS)).p50 > SLOW_MS * 1e6;
          continue;
        }
        if (!sink.isSlow) await timed(entry.sample, LEAD_IN_MS);
        const { p50, samples } = await timed(entry.sample, ROUND_MS);
        sink.medians.push(p50);
        sink.samples.push(...samples.slice(0, SAMPLES_KEPT));
      } catch (error) {
        failures.push({ contestant: entry.name, case: where, error: String(error) });
        running.delete(entry);
      }
    }
  }
  const rounds = [...running].map(([{ name }, { medians, samples }]) => ({
    name,
    medians,
    samples,
  }));
  return { rounds, failures };
}

interface Sink {
  /** One sample takes so long that it is measured in a few rounds only. */
  isSlow: boolean;
  readonly medians: number[];
  readonly samples: number[];
}

function newSink(): Sink {
  return { isSlow: false, medians: [], samples: [] };
}

/** Of a round, for percentiles. */
const SAMPLES_KEPT = 20_000;

/** Without mitata's full collection before each round: after one, the heap's pages must be had from the system anew. */
function timed(sample: () => unknown, ms: number): Promise<{ p50: number; samples: number[] }> {
  return measure(sample, {
    min_cpu_time: ms * 1e6,
    min_samples: 1,
    gc: false as never,
  });
}

/** An entry's figure in another unit: `perUnit` nanoseconds a sample are one. */
export function figureOf(
  { name, medians, samples }: Rounds,
  perUnit: number,
  percentiles: readonly number[] = [],
): Figure {
  const figure = {
    contestant: name,
    median: medianOf(medians) / perUnit,
    from: Math.min(...medians) / perUnit,
    to: Math.max(...medians) / perUnit,
  };
  if (percentiles.length === 0) return figure;
  const inUnit = samples.map((ns) => ns / perUnit);
  return { ...figure, percentiles: percentilesOf(name, inUnit, percentiles).percentiles ?? {} };
}

/** How many times as fast `own` is as `other`: the median of the ratios within the rounds. NaN when one is missing. */
export function timesAsFast(rounds: readonly Rounds[], own: string, other: string): number {
  const ours = rounds.find(({ name }) => name === own)?.medians ?? [];
  const others = rounds.find(({ name }) => name === other)?.medians ?? [];
  return medianOf(ours.map((ns, round) => (others[round] ?? NaN) / ns));
}

/** The figure of single calls that were timed one by one, in the unit they are in. */
export function percentilesOf(
  contestant: string,
  values: readonly number[],
  percentiles: readonly number[],
): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (p: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? NaN;
  return {
    contestant,
    median: at(50),
    from: at(0),
    to: at(100),
    percentiles: Object.fromEntries(percentiles.map((p) => [String(p), at(p)])),
  };
}

export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
