import type { Random } from "../storm/random.ts";

/** Something that is fed with hostile bytes. */
export interface FuzzTarget {
  readonly name: string;
  /** One execution, the same for the same numbers. Throws when anything happens that must not. */
  run(random: Random): void;
}

/** What must not happen has happened. */
export class Finding extends Error {
  override name = "Finding";
}
