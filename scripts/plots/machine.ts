/** Where and when something was measured, in one line. */
import type { Result } from "../../bench/result.ts";

export function machineOf({ machine: { model, cores, bun, date } }: Result): string {
  return `${model}, ${cores} ${cores === 1 ? "core" : "cores"}, Bun ${bun}, ${date}`;
}

/** One line; where the results come from several machines or days, one each, with the results' names. */
export function machineLines(results: readonly Result[]): string[] {
  const groups = [...Map.groupBy(results, machineOf)];
  if (groups.length === 1) return groups.map(([machine]) => `Measured on ${machine}.`);
  return groups.map(
    ([machine, measured]) =>
      `- Measured on ${machine}: ${measured.map(({ name }) => name).join(", ")}.`,
  );
}
