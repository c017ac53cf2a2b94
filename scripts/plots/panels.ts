/** The panels of a plot: one for each case or kind, two in a row, all on the same scales. */
import * as Plot from "@observablehq/plot";

const COLUMNS = 2;

/** The options of a mark whose data say in which panel they belong. */
interface Facets {
  readonly fx: (datum: { readonly panel: string }) => number;
  readonly fy: (datum: { readonly panel: string }) => number;
}

interface Panels {
  readonly columns: number;
  readonly rows: number;
  readonly facets: Facets;
  /** Writes the name of each panel above it. */
  readonly names: Plot.Markish;
}

export function panelsOf(data: readonly { readonly panel: string }[]): Panels {
  const names = [...new Set(data.map(({ panel }) => panel))];
  const facets: Facets = {
    fx: ({ panel }) => names.indexOf(panel) % COLUMNS,
    fy: ({ panel }) => Math.floor(names.indexOf(panel) / COLUMNS),
  };
  return {
    columns: Math.min(COLUMNS, names.length),
    rows: Math.ceil(names.length / COLUMNS),
    facets,
    names: Plot.text(
      names.map((panel) => ({ panel })),
      { ...facets, text: "panel", frameAnchor: "top-left", dy: -20, fontWeight: 600 },
    ),
  };
}

/** The scale of the rows of panels: each so high, and so far below the one before. */
export function rowsOf(height: number, gap: number): Plot.ScaleOptions {
  return { axis: null, paddingInner: gap / (gap + height), paddingOuter: 0 };
}
