/**
 * Measures contestants side by side: rounds in turn, so that a noisy minute of the machine meets all of
 * them, and medians over the rounds, so that it decides nothing.
 */
import { measure } from "mitata";

const ROUNDS = 15;
const ROUND_NS = 150_000_000;
/** Until the engine has compiled what is hot. */
const WARM_UP_NS = 1_500_000_000;

export interface Contestant {
  readonly name: string;
  /** One sample; the requests in it are counted by the question. */
  readonly sample: () => unknown;
}

export interface Figure {
  readonly name: string;
  /** Median over the rounds of each round's median, nanoseconds a sample. */
  readonly medianNs: number;
  /** Fastest and slowest round's median. */
  readonly fromNs: number;
  readonly toNs: number;
  /** How many times as fast as the last contestant: the median over the rounds of the ratio within each. */
  readonly ratio: number;
}

/** Without mitata's full collection before each round: after one, the heap's pages must be had from the system anew. */
async function timeOf(sample: () => unknown, cpuTimeNs: number): Promise<number> {
  const { p50 } = await measure(sample, { min_cpu_time: cpuTimeNs, gc: false as never });
  return p50;
}

export async function interleave(contestants: readonly Contestant[]): Promise<Figure[]> {
  for (const { sample } of contestants) await timeOf(sample, WARM_UP_NS);
  const rounds = contestants.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { sample }] of contestants.entries()) {
      rounds[i]?.push(await timeOf(sample, ROUND_NS));
    }
  }
  const base = rounds.at(-1) ?? [];
  return contestants.map(({ name }, i) => {
    const own = rounds[i] ?? [];
    return {
      name,
      medianNs: medianOf(own),
      fromNs: Math.min(...own),
      toNs: Math.max(...own),
      ratio: medianOf(own.map((ns, round) => (base[round] ?? NaN) / ns)),
    };
  });
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Prints each contestant's time a request, its spread, and how many times as fast it is as the last one. */
export function print(question: string, figures: readonly Figure[], requests: number): void {
  console.log(`\n${question}`);
  for (const { name, medianNs, fromNs, toNs, ratio } of figures) {
    const ns = (time: number): string => (time / requests).toFixed(0);
    console.log(
      `  ${name.padEnd(32)} ${ns(medianNs).padStart(7)} ns a request (${ns(fromNs)} to ${ns(toNs)})  ${ratio.toFixed(1)} x`,
    );
  }
}
