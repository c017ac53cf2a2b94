/** All deliberate errors that are tried. */
import { CLAIMING_MUTANTS } from "./claiming.ts";
import { DYING_MUTANTS } from "./dying.ts";
import type { Mutant } from "./mutant.ts";
import { SLEEPING_MUTANTS } from "./sleeping.ts";

export const MUTANTS: readonly Mutant[] = [
  ...CLAIMING_MUTANTS,
  ...SLEEPING_MUTANTS,
  ...DYING_MUTANTS,
];
