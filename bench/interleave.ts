/**
 * Measures contestants side by side. They take short rounds in turn, so that a noisy moment of the machine affects
 * all of them. The medians over the rounds keep such a moment from deciding the result. Two contestants are
 * compared within each round, and the median of these ratios counts.
 */
import { measure } from "mitata";
import { inFull } from "./settings.ts";
import type { Failure } from "./result.ts";
import type { Rounds } from "./rounds.ts";

const ROUNDS = inFull(9, 1);
const ROUND_MS = inFull(50, 2);
/** Runs before a round and is not timed, because the caches and the heap still hold the values of the other contestants. */
const LEAD_IN_MS = inFull(20, 0);
/** Long enough for the engine to compile hot code. The last stage of its compiler starts after one to two seconds. */
const WARM_UP_MS = inFull(2000, 2);

/** A slow entry, or an onlooker, is measured in only one of `ROUNDS_PER_SLOW_ONE` rounds; a slow onlooker in one. */
const SLOW_MS = 100;
const ROUNDS_PER_SLOW_ONE = 4;

export interface Entry {
  readonly name: string;
  /** Takes one sample. The question knows how many requests are in it. */
  readonly sample: () => unknown;
  /** True for what is only there to be seen beside the others. It gets a fifth of the time. */
  readonly isOnlooker?: boolean;
}

export interface Interleaved {
  readonly rounds: readonly Rounds[];
  /** Entries that threw. They are not in `rounds`. */
  readonly failures: readonly Failure[];
}

interface Lengths {
  readonly warmUpMs?: number;
  readonly rounds?: number;
  /** True when slow samples are expected, and each round is to measure all entries but onlookers. */
  readonly isSlow?: boolean;
  /** True when garbage collections that few calls see are a part of what each costs: the average of a round counts, not the median. */
  readonly isAverage?: boolean;
}

/**
 * Measures the entries in turn. `where` names the case in failures.
 *
 * @param lengths where fewer or shorter rounds will do, of which a quick run takes no notice; and which figure of a round counts
 */
export async function interleave(
  entries: readonly Entry[],
  where: string,
  lengths: Lengths = {},
): Promise<Interleaved> {
  const warmUpMs = inFull(lengths.warmUpMs ?? WARM_UP_MS, WARM_UP_MS);
  const lastRound = inFull(lengths.rounds ?? ROUNDS, ROUNDS);
  const failures: Failure[] = [];
  const running = new Map(entries.map((entry) => [entry, newSink()]));
  for (let round = -1; round < lastRound; round++) {
    for (const [entry, sink] of running) {
      const share = entry.isOnlooker === true ? 0.2 : 1;
      if (round > 0 && round % interval(entry, sink, lengths) !== 0) continue;
      try {
        if (round < 0) {
          sink.isSlow = (await timed(entry.sample, warmUpMs * share)).p50 > SLOW_MS * 1e6;
          continue;
        }
        if (!sink.isSlow && LEAD_IN_MS > 0) await timed(entry.sample, LEAD_IN_MS);
        const { p50, avg, samples } = await timed(entry.sample, ROUND_MS);
        sink.medians[round] = lengths.isAverage === true ? avg : p50;
        sink.samples.push(...thinned(samples));
      } catch (error) {
        failures.push({ contestant: entry.name, case: where, error: String(error) });
        running.delete(entry);
      }
    }
  }
  const rounds = [...running].map(([{ name }, { medians, samples }]) => ({
    name,
    medians: Array.from(medians, (ns) => ns ?? NaN),
    samples,
  }));
  return { rounds, failures };
}

/** Every how many rounds an entry is measured. */
function interval({ isOnlooker = false }: Entry, sink: Sink, lengths: Lengths): number {
  const isSlow = sink.isSlow && lengths.isSlow !== true;
  if (isSlow && isOnlooker) return Infinity; // The first round alone.
  return isSlow || isOnlooker ? ROUNDS_PER_SLOW_ONE : 1;
}

interface Sink {
  /** True when a sample takes so long that only a few rounds measure it. */
  isSlow: boolean;
  /** By the number of the round; a hole for a round that did not measure it. */
  readonly medians: (number | undefined)[];
  readonly samples: number[];
}

function newSink(): Sink {
  return { isSlow: false, medians: [], samples: [] };
}

/** How many samples of a round are kept for percentiles, at most. */
const SAMPLES_KEPT = 20_000;

/** They are sorted: the first of them alone would be the fastest. */
function thinned(sorted: readonly number[]): readonly number[] {
  const step = Math.ceil(sorted.length / SAMPLES_KEPT);
  return sorted.filter((_, i) => i % step === 0);
}

/**
 * Measures without mitata's full collection before each round, because the heap then needs new pages from the system. Each call is
 * timed by itself. By default mitata times calls of less than 65 us in batches of 4,096, and its percentiles are those of averages.
 */
function timed(
  sample: () => unknown,
  ms: number,
): Promise<{ p50: number; avg: number; samples: number[] }> {
  return measure(sample, {
    min_cpu_time: ms * 1e6,
    min_samples: 1,
    batch_threshold: 0,
    gc: false as never,
  });
}
