/** A deliberate error in the protocol that the explorer must notice. */
import type { Configuration } from "../configuration.ts";
import type { Mutation } from "../model.ts";
import type { Step, Steps } from "../program.ts";

export interface Mutant {
  readonly name: string;
  /** The invariant that it breaks. */
  readonly breaks: string;
  /** A configuration in which the error shows. */
  readonly config: Configuration;
  readonly mutation: Mutation;
}

/** The step of the protocol with a name. */
export function original<Me>(steps: Steps<Me>, name: string): Step<Me> {
  const step = steps[name];
  if (step === undefined) throw new RangeError(`The protocol has no such step: name=${name}`);
  return step;
}

/** The same step with another step after it. */
export function thenGoTo<Me>(steps: Steps<Me>, name: string, next: string): Steps<Me> {
  const step = original(steps, name);
  return { [name]: (me) => (step(me) === undefined ? undefined : next) };
}
