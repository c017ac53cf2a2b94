/** Makes the table of the first milliseconds: a row for each part of the start, each figure with its CPU time. */
import { BARE_WORKERS, BATCHED, BEFORE, FLAT, RINGPOOL } from "../../bench/contestants/names.ts";
import { CPU_SUFFIX, PARTS } from "../../bench/first-milliseconds.ts";
import type { Result } from "../../bench/result.ts";
import { table } from "./markdown.ts";
import { isMeasured } from "./number.ts";

const COLUMNS = [
  [BEFORE, "before"],
  [RINGPOOL, "ringpool"],
  [BATCHED, BATCHED],
  [FLAT, FLAT],
  [BARE_WORKERS, "a bare worker"],
] as const;

export function firstMillisecondsTable(result: Result | undefined): string {
  const rows = Object.values(PARTS).map((part) =>
    [part as string].concat(COLUMNS.map(([contestant]) => cell(result, part, contestant))),
  );
  return table(["ms, and ms of CPU", ...COLUMNS.map(([, words]) => words)], rows);
}

function cell(result: Result | undefined, part: string, contestant: string): string {
  const of = (name: string): string => {
    const one = result?.cases.find((it) => it.name === name);
    const median = one?.figures.find((it) => it.contestant === contestant)?.median;
    return isMeasured(median) ? median.toFixed(1) : "—";
  };
  return `${of(part)}, ${of(`${part}${CPU_SUFFIX}`)}`;
}
