/** What was measured in rounds, and the figures that it gives. */
import type { Case, Figure, Spread } from "./result.ts";

/** The measurements of a contestant. Each is a cost, such as nanoseconds a sample: less is better. */
export interface Rounds {
  readonly name: string;
  /** One of each round; NaN for a round that did not measure it. */
  readonly medians: readonly number[];
  /** Single calls of all rounds, where the question is about single calls. */
  readonly samples?: readonly number[];
}

/** Makes rounds of single calls that were timed one by one, in turn with those of other contestants. */
export function roundsOfCalls(name: string, calls: readonly number[], callsPerRound = 10): Rounds {
  const medians: number[] = [];
  for (let from = 0; from < calls.length; from += callsPerRound)
    medians.push(medianOf(calls.slice(from, from + callsPerRound)));
  return { name, medians, samples: calls };
}

export interface CaseOptions {
  /** The contestant with which the others are compared. */
  readonly rival?: string;
  /** So much of a measurement makes one unit: 1000 where nanoseconds are to be shown as microseconds. */
  readonly perUnit?: number;
  /** Makes the figure of a round from its cost, where dividing is not enough. */
  readonly figure?: (cost: number, round: number) => number;
  readonly percentiles?: readonly number[];
}

export function caseOf(
  name: string,
  unit: string,
  rounds: readonly Rounds[],
  options: CaseOptions = {},
): Case {
  const { rival, perUnit = 1, percentiles } = options;
  const { figure = (cost) => cost / perUnit } = options;
  const hasRival = rounds.some((one) => one.name === rival);
  const figures = rounds.map((one): Figure => {
    const { samples = one.medians } = one;
    return {
      contestant: one.name,
      ...spreadOf(one.medians.map(figure)),
      ...(percentiles && { percentiles: percentilesOf(samples, perUnit, percentiles) }),
      ...(hasRival && { ratio: spreadOf(ratios(rounds, one.name, rival as string)) }),
    };
  });
  return { name, unit, ...(hasRival && { rival: rival as string }), figures };
}

/** How many times as good `own` is as `other`: the median of the ratios within the rounds. NaN when one is missing. */
export function timesAsGood(rounds: readonly Rounds[], own: string, other: string): number {
  return medianOf(ratios(rounds, own, other));
}

function ratios(rounds: readonly Rounds[], own: string, other: string): number[] {
  const ours = rounds.find(({ name }) => name === own)?.medians ?? [];
  const others = rounds.find(({ name }) => name === other)?.medians ?? [];
  return ours.map((cost, round) => (others[round] ?? NaN) / cost);
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

function spreadOf(values: readonly number[]): Spread {
  const measured = values.filter((value) => !Number.isNaN(value));
  if (measured.length === 0) return { median: NaN, from: NaN, to: NaN };
  return { median: medianOf(measured), from: Math.min(...measured), to: Math.max(...measured) };
}

function percentilesOf(
  samples: readonly number[],
  perUnit: number,
  percentiles: readonly number[],
): Record<string, number> {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (p: number): number =>
    (sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? NaN) / perUnit;
  return Object.fromEntries(percentiles.map((p) => [String(p), at(p)]));
}
