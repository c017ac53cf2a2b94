/**
 * Measures contestants side by side. They take short rounds in turn, so that a noisy moment of the machine affects
 * all of them. The medians over the rounds keep such a moment from deciding the result. Two contestants are
 * compared within each round, and the median of these ratios counts.
 */
import { measure } from "mitata";
import type { Failure, Figure } from "./result.ts";

const ROUNDS = 13;
const ROUND_MS = 60;
/** Runs before a round and is not timed, because the caches and the heap still hold the values of the other contestants. */
const LEAD_IN_MS = 20;
/** Long enough for the engine to compile hot code. The last stage of its compiler starts after one to two seconds. */
const WARM_UP_MS = 2000;

/** An entry with slower samples is measured in only one of every `ROUNDS_PER_SLOW_ONE` rounds. */
const SLOW_MS = 300;
const ROUNDS_PER_SLOW_ONE = 7;

export interface Entry {
  readonly name: string;
  /** Takes one sample. The question knows how many requests are in it. */
  readonly sample: () => unknown;
}

/** The measurements of an entry, in nanoseconds a sample. */
export interface Rounds {
  readonly name: string;
  /** The median of each round. */
  readonly medians: readonly number[];
  readonly samples: readonly number[];
}

export interface Interleaved {
  readonly rounds: readonly Rounds[];
  /** Entries that threw. They are not in `rounds`. */
  readonly failures: readonly Failure[];
}

/** Measures the entries in turn. `where` names the case in failures. */
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
  /** True when a sample takes so long that only a few rounds measure it. */
  isSlow: boolean;
  readonly medians: number[];
  readonly samples: number[];
}

function newSink(): Sink {
  return { isSlow: false, medians: [], samples: [] };
}

/** How many samples of a round are kept for percentiles. */
const SAMPLES_KEPT = 20_000;

/** Measures without mitata's full collection before each round, because the heap then needs new pages from the system. */
function timed(sample: () => unknown, ms: number): Promise<{ p50: number; samples: number[] }> {
  return measure(sample, {
    min_cpu_time: ms * 1e6,
    min_samples: 1,
    gc: false as never,
  });
}

/** The figure of an entry in another unit: `perUnit` nanoseconds a sample make one unit. */
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

/** The figure of calls that were timed one by one, in the unit of `values`. */
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
