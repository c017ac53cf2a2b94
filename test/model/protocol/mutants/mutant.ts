/** A way to get the protocol wrong that the explorer must notice. */
import type { Configuration } from "../configuration.ts";
import type { Mutation } from "../model.ts";
import type { Step, Steps } from "../program.ts";

export interface Mutant {
  readonly name: string;
  /** The invariant that it breaks. */
  readonly breaks: string;
  /** A configuration in which it shows. */
  readonly config: Configuration;
  readonly mutation: Mutation;
}

/** A step of the protocol by its name. */
export function original<Me>(steps: Steps<Me>, name: string): Step<Me> {
  const step = steps[name];
  if (step === undefined) throw new RangeError(`The protocol has no such step: name=${name}`);
  return step;
}

/** The same step, with another one after it. */
export function thenGoTo<Me>(steps: Steps<Me>, name: string, next: string): Steps<Me> {
  const step = original(steps, name);
  return { [name]: (me) => (step(me) === undefined ? undefined : next) };
}
