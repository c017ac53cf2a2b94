/** Makes the table of targets: what was measured before and now, and whether each was met. */
import type { Result } from "../../bench/result.ts";
import { isMet } from "../../bench/targets.ts";
import type { Target } from "../../bench/targets.ts";
import { table } from "./markdown.ts";
import { isMeasured, readable } from "./number.ts";

const HEADER = ["what", "before", "target", "now", "met or missed"];

export function targetsTable(targets: Iterable<Target>, results: readonly Result[]): string {
  const rows = [...targets].map((target) => {
    const { question, id, text, before } = target;
    const result = results.find(({ name }) => name === question);
    const measured = result?.targets.find((one) => one.id === id)?.measured;
    return [text, before, target.target, now(target, measured), verdict(target, measured)];
  });
  return table(HEADER, rows);
}

/** With the unit of the target, "×" or "us". */
function now({ target }: Target, measured: number | null | undefined): string {
  const unit = target.replace(/^.*\d /, "");
  return isMeasured(measured) ? `${readable(measured)} ${unit}` : readable(measured);
}

function verdict(target: Target, measured: number | null | undefined): string {
  if (!isMeasured(measured)) return "not measured yet";
  return isMet(target, measured) ? "met" : "**missed**";
}

/** One row for each contestant that could not take part; nothing when all could. */
export function failuresTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ title, failures }) =>
    failures.map(({ contestant, case: where, error }) => [title, where, contestant, error]),
  );
  return rows.length === 0 ? "" : table(["question", "case", "could not take part", "why"], rows);
}
