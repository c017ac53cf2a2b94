import { heightOf, timelineOption } from "./draw.ts";
import type { Charts } from "./draw.ts";
import type { TimelineModel } from "./model.ts";

/** The height of a lane in a picture. */
const LANE_HEIGHT = 22;

/** What drawing a picture without a page uses of ECharts. */
interface ServerCharts extends Charts {
  init(
    element: null,
    theme: null,
    options: {
      readonly renderer: "svg";
      readonly ssr: true;
      readonly width: number;
      readonly height: number;
    },
  ): { setOption(option: object): void; renderToSVGString(): string; dispose(): void };
}

/** A timeline as an SVG. @param library the path of ECharts */
export function pictureOf(model: TimelineModel, library: string, width: number): string {
  // oxlint-disable-next-line typescript/no-require-imports -- an import would take a turn of the event loop
  const charts = require(library) as ServerCharts;
  const layout = { width, laneHeight: LANE_HEIGHT, isInteractive: false };
  const height = heightOf(model.lanes.length, layout);
  const chart = charts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption(timelineOption(charts, model, layout));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
