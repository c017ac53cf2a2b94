import type { Mutation } from "../model/shipped/machine/load-queue.ts";

/** A change of one file that some of the tests must notice. */
export interface SourceMutant extends Mutation {
  /** What is wrong, in a few words. */
  readonly what: string;
  /** The test files that must fail, from the root on. */
  readonly tests: readonly string[];
  /** Only the tests of these files whose titles match. */
  readonly titles?: string;
}

/** The mutants of one file, which are caught by the same tests unless they name others. */
export function mutantsOf(
  file: string,
  tests: readonly string[],
  mutants: readonly (Omit<SourceMutant, "file" | "tests"> & {
    readonly tests?: readonly string[];
  })[],
): SourceMutant[] {
  return mutants.map((mutant) => ({ file, tests, ...mutant }));
}
