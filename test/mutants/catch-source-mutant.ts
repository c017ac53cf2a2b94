import type { SourceMutant } from "./mutant.ts";
import type { ScratchTree } from "./scratch-tree.ts";

/** What noticed a mutation. */
export interface SourceCatch {
  /** The title of the first test that failed, or that the run hung. */
  readonly by: string;
  readonly output: string;
}

const HUNG = "the run does not end";

/**
 * Tries a mutation. Returns undefined when its tests pass all the same.
 *
 * @throws Error when the mutated file cannot be loaded: that would be noticed by anything
 */
export async function catchSourceMutant(
  tree: ScratchTree,
  mutant: SourceMutant,
): Promise<SourceCatch | undefined> {
  const { hasPassed, hung, failed, output } = await tree.try(mutant);
  if (hasPassed) return undefined;
  if (hung) return { by: HUNG, output };
  if (failed === undefined)
    throw new Error(`No test has failed, and the run has: what=${mutant.what}\n${output}`);
  return { by: failed, output };
}
