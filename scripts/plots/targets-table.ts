/** Makes the table of targets: whether each was met, and which contestants could not take part. */
import type { Failure, Result, Target } from "../../bench/result.ts";
import { table } from "./markdown.ts";
import { readable } from "./number.ts";

export function targetsTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ title, targets, failures }) => [
    ...targets.map((target) => [title, ...targetRow(target)]),
    ...failures.map((failure) => [title, ...failureRow(failure)]),
  ]);
  return table(["question", "target", "measured", "met or missed"], rows);
}

function targetRow({ text, measured, isMet }: Target): string[] {
  return [text, readable(measured), isMet ? "met" : "**missed**"];
}

function failureRow({ contestant, case: where, error }: Failure): string[] {
  return [`${contestant}, ${where}`, "—", `could not take part: ${error}`];
}
