/** Reads `targets.md`, which says what this package is to reach. */
import { readFileSync } from "node:fs";

export interface Target {
  readonly id: string;
  /** The name of the result in which it is measured. */
  readonly question: string;
  readonly text: string;
  /** What was measured before, in words. */
  readonly before: string;
  /** The target in words, such as "at most 4 ×". */
  readonly target: string;
}

export const TARGETS: ReadonlyMap<string, Target> = read(
  readFileSync(new URL("./targets.md", import.meta.url), "utf8"),
);

/** Reads the rows of the table, which follow a line of dashes. */
export function read(markdown: string): Map<string, Target> {
  const [, table = ""] = markdown.split(/^\|(?: -+ \|)+\n/m);
  const rows = table.split("\n").filter((line) => line.startsWith("|"));
  return new Map(
    rows.map((line) => {
      const [, id = "", question = "", text = "", before = "", target = ""] = line
        .split("|")
        .map((cell) => cell.trim());
      return [id, { id, question, text, before, target }];
    }),
  );
}

/** False also when nothing could be measured. */
export function isMet({ target, id }: Target, measured: number): boolean {
  const [, bound, limit] = /^at (most|least) ([\d.]+) /.exec(target) ?? [];
  if (limit === undefined)
    throw new Error(`A target reads "at most 4 ×" or "at least 2 us": id=${id} target=${target}`);
  return bound === "most" ? measured <= Number(limit) : measured >= Number(limit);
}
