/** Makes everything that comes from the results: the plots, and parts of two documents. */
import { ABSENCES } from "../../bench/absent.ts";
import type { Result } from "../../bench/result.ts";
import type { Target } from "../../bench/targets.ts";
import { draw } from "./draw.ts";
import { absentRivals, breakEvenTable, figuresTable, lostCases } from "./figures-table.ts";
import { firstMillisecondsTable } from "./first-milliseconds-table.ts";
import { machineLines } from "./machine.ts";
import { withSection } from "./markdown.ts";
import { failuresTable, targetsTable } from "./targets-table.ts";

/** What the README shows: one plot. docs/performance.md shows everything. */
const PLOT_IN_README = "burst-number";

/** Parts of one question, in a table of their own. */
const START = "first-milliseconds";

/** What the page for choosing compares, when it was measured. */
const COSTS = new Set([
  "first-result",
  "ready",
  "memory",
  "one-at-a-time",
  "run-sync",
  "burst-number",
  "burst-object",
]);

export interface Documents {
  readonly readme: string;
  readonly choosing: string;
  readonly performance: string;
}

export interface Generated extends Documents {
  /** Plots by their file name in docs/plots. */
  readonly plots: ReadonlyMap<string, string>;
}

export function generate(
  results: readonly Result[],
  targets: Iterable<Target>,
  documents: Documents,
): Generated {
  const plots = new Map<string, string>();
  const drawn: Result[] = [];
  for (const result of results) {
    const plot = draw(result);
    if (plot === undefined) continue;
    plots.set(`${result.name}.svg`, plot);
    drawn.push(result);
  }
  const inReadme = drawn.filter(({ name }) => name === PLOT_IN_README);
  const machines = machineLines(results).join("\n");
  const start = results.find(({ name }) => name === START);
  const asked = results.filter((one) => one !== start);
  const sections = {
    targets: [targetsTable(targets, results)],
    lost: [lostCases(asked)],
    absent: [absentRivals(ABSENCES, results)],
    figures: [figuresTable(asked), machines, failuresTable(results)],
    start: [firstMillisecondsTable(start)],
    plots: drawn.map((one) => image(one, "plots")),
  };
  return {
    plots,
    readme: withSection(
      documents.readme,
      "figures",
      paragraphs([
        ...inReadme.map((one) => image(one, "docs/plots")),
        machineLines(inReadme).join("\n"),
      ]),
    ),
    choosing: withSection(
      withSection(documents.choosing, "break-even", breakEvenTable(results)),
      "costs",
      figuresTable(results.filter(({ name }) => COSTS.has(name))),
    ),
    performance: Object.entries(sections).reduce(
      (document, [name, parts]) => withSection(document, name, paragraphs(parts)),
      documents.performance,
    ),
  };
}

function image({ name, title }: Result, folder: string): string {
  return `![${title.replaceAll(/[[\]]/g, "")}](${folder}/${name}.svg)`;
}

function paragraphs(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}
