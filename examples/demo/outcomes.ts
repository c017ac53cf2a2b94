import { deepEquals } from "bun";
import type { FileReport } from "./file-report.ts";
import { hasChanged } from "./folder-listing.ts";
import type { ListedFile } from "./folder-listing.ts";

/** What became of one file: its report, or why there is none. */
export type Outcome = { readonly report: FileReport } | { readonly failure: string };

export type Outcomes = ReadonlyMap<ListedFile, Outcome>;

/** How the outcomes of the plain loop and of the pool compare. */
export interface Comparison {
  /** Files whose outcomes differ in any field, or of which there is only one. */
  readonly different: readonly ListedFile[];
  /** As `different`, but somebody changed the file meanwhile, so nothing follows from that. */
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
