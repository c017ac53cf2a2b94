import { deepEquals } from "bun";
import type { FileReport } from "./file-report.ts";
import { hasChanged } from "./folder-listing.ts";
import type { ListedFile } from "./folder-listing.ts";

/** The outcome for one file: its report, or the reason why there is none. */
export type Outcome = { readonly report: FileReport } | { readonly failure: string };

export type Outcomes = ReadonlyMap<ListedFile, Outcome>;

/** The differences between the outcomes of the plain loop and of the pool. */
export interface Comparison {
  /** Files whose two outcomes differ in a field, or that have only one outcome. */
  readonly different: readonly ListedFile[];
  /** Files whose outcomes differ, but that were changed meanwhile. Their difference proves nothing. */
  readonly changed: readonly ListedFile[];
}

export function compareOutcomes(
  files: readonly ListedFile[],
  one: Outcomes,
  other: Outcomes,
): Comparison {
  const unequal = files.filter((file) => {
    const outcome = one.get(file);
    return outcome === undefined || !deepEquals(outcome, other.get(file), true);
  });
  const { different = [], changed = [] } = Object.groupBy(unequal, (file) =>
    hasChanged(file) ? "changed" : "different",
  );
  return { different, changed };
}
