/**
 * Measures contestants side by side: rounds in turn, so that a noisy minute of the machine meets all of
 * them, and medians over the rounds, so that it decides nothing.
 */
import { measure } from "mitata";

const ROUNDS = 7;
const ROUND_NS = 300_000_000;

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
}

export async function interleave(contestants: readonly Contestant[]): Promise<Figure[]> {
  const medians = contestants.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { sample }] of contestants.entries()) {
      const { p50 } = await measure(sample, { min_cpu_time: ROUND_NS });
      medians[i]?.push(p50);
    }
  }
  return contestants.map(({ name }, i) => {
    const sorted = (medians[i] ?? []).toSorted((a, b) => a - b);
    return {
      name,
      medianNs: sorted[sorted.length >> 1] ?? NaN,
      fromNs: sorted[0] ?? NaN,
      toNs: sorted.at(-1) ?? NaN,
    };
  });
}

/** Prints each contestant's time a request, its spread, and how many times faster it is than the last one. */
export function print(question: string, figures: readonly Figure[], requests: number): void {
  const base = figures.at(-1)?.medianNs ?? NaN;
  console.log(`\n${question}`);
  for (const { name, medianNs, fromNs, toNs } of figures) {
    const ns = (time: number): string => (time / requests).toFixed(0);
    console.log(
      `  ${name.padEnd(36)} ${ns(medianNs).padStart(8)} ns a request (${ns(fromNs)} to ${ns(toNs)})  ${(base / medianNs).toFixed(1)} x`,
    );
  }
}
