/** Measures contestants in turn whose samples take a tenth of a second or more: one sample in each round. */
import { inFull } from "./settings.ts";
import type { Rounds } from "./rounds.ts";

export interface LongEntry {
  readonly name: string;
  /** Makes ready what the sample changes. Its time does not count. */
  readonly prepare?: () => void;
  readonly sample: () => unknown;
  /** Gets what the sample has returned, and throws when it is wrong. Its time does not count. */
  readonly check?: (result: unknown) => void;
}

/** The first sample of each entry warms up, and does not count. Times are nanoseconds. */
export async function longRounds(
  entries: readonly LongEntry[],
  rounds: number,
): Promise<readonly Rounds[]> {
  const measured = entries.map(({ name }) => ({ name, medians: [] as number[] }));
  for (let round = -1; round < inFull(rounds, 1); round++) {
    for (const [i, { prepare, sample, check }] of entries.entries()) {
      prepare?.();
      const start = Bun.nanoseconds();
      const result = await sample();
      const ns = Bun.nanoseconds() - start;
      check?.(result);
      if (round >= 0) measured[i]?.medians.push(ns);
    }
  }
  return measured;
}
