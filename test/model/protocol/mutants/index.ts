/** All deliberate errors that are tried. */
import { CLAIMING_MUTANTS } from "./claiming.ts";
import { DYING_MUTANTS } from "./dying.ts";
import type { Mutant } from "./mutant.ts";
import { SLEEPING_MUTANTS } from "./sleeping.ts";
import { TOGETHER_MUTANTS } from "./together.ts";

export const MUTANTS: readonly Mutant[] = [
  ...CLAIMING_MUTANTS,
  ...TOGETHER_MUTANTS,
  ...SLEEPING_MUTANTS,
  ...DYING_MUTANTS,
];
