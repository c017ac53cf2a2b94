/** Says on which machine and when results were measured. */
import type { Result } from "../../bench/result.ts";

export function machineOf({ machine: { model, cores, bun, date } }: Result): string {
  return `${model}, ${cores} ${cores === 1 ? "core" : "cores"}, Bun ${bun}, ${date}`;
}

/** One line; or, for results of several machines or days, one line each with the names of the results. */
export function machineLines(results: readonly Result[]): string[] {
  const groups = [...Map.groupBy(results, machineOf)];
  if (groups.length === 1) return groups.map(([machine]) => `Measured on ${machine}.`);
  return groups.map(
    ([machine, measured]) =>
      `- Measured on ${machine}: ${measured.map(({ name }) => name).join(", ")}.`,
  );
}
