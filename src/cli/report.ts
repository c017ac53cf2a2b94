import type { Inputs } from "./inputs.ts";
import type { Run } from "./run.ts";
import type { RunSettings } from "./settings.ts";

/** How far a run has come: `12 of 100 files are done, 2 of them failed`. */
export function howFar({ done, failures }: Run, { total, noun }: Inputs): string {
  const of = total === undefined ? "" : ` of ${total}`;
  const one = (total ?? done) === 1;
  const failed = failures.count === 0 ? "" : `, ${failures.count} of them failed`;
  return `${done}${of} ${noun}${one ? " is" : "s are"} done${failed}`;
}

/** What to write to go on after a stop. */
export function howToGoOn({ journal }: RunSettings): string {
  return journal === undefined
    ? "With --resume FILE a run can be stopped and go on later."
    : "The same command goes on from here.";
}
