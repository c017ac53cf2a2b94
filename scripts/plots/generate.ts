/** Makes everything that comes from the results: the plots, and parts of two documents. */
import type { Result } from "../../bench/result.ts";
import { draw } from "./draw.ts";
import { figuresTable } from "./figures-table.ts";
import { machineLines } from "./machine.ts";
import { withSection } from "./markdown.ts";
import { targetsTable } from "./targets-table.ts";

/** The plots that the README shows, when they were drawn. docs/performance.md shows all plots. */
const IN_README = new Set(["burst-number", "grain"]);

export interface Documents {
  readonly readme: string;
  readonly performance: string;
}

export interface Generated extends Documents {
  /** Plots by their file name in docs/plots. */
  readonly plots: ReadonlyMap<string, string>;
}

export function generate(results: readonly Result[], documents: Documents): Generated {
  const plots = new Map<string, string>();
  const drawn: Result[] = [];
  for (const result of results) {
    const plot = draw(result);
    if (plot === undefined) continue;
    plots.set(`${result.name}.svg`, plot);
    drawn.push(result);
  }
  const figures = [
    figuresTable(results),
    machineLines(results).join("\n"),
    ...drawn.filter(({ name }) => IN_README.has(name)).map((one) => image(one, "docs/plots")),
  ];
  const shown = drawn.map((one) => image(one, "plots"));
  const targets = withSection(documents.performance, "targets", targetsTable(results));
  return {
    plots,
    readme: withSection(documents.readme, "figures", paragraphs(figures)),
    performance: withSection(targets, "plots", paragraphs(shown)),
  };
}

function image({ name, title }: Result, folder: string): string {
  return `![${title.replaceAll(/[[\]]/g, "")}](${folder}/${name}.svg)`;
}

function paragraphs(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}
