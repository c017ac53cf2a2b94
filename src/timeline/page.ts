import { functionText } from "../runtime/index.ts";
import { heightOf, timelineOption } from "./draw.ts";
import type { Charts } from "./draw.ts";
import type { TimelineModel } from "./model.ts";

/** The height of a lane in a page. */
const LANE_HEIGHT = 26;

/**
 * A page that shows a timeline. It holds all that it needs, and its policy lets it load nothing.
 *
 * @param library the text of the browser build of ECharts
 */
export function pageOf(model: TimelineModel, library: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<link rel="icon" href="data:,">
<title>${escaped(model.title)}</title>
<style>
body { margin: 0; font: 14px/1.5 system-ui, sans-serif; color: #222; background: #fff; }
header { padding: 12px 16px 0; }
dl { display: flex; flex-wrap: wrap; gap: 2px 24px; margin: 0; }
dl div { display: flex; gap: 6px; }
dt { opacity: .65; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
p { margin: 4px 0 8px; opacity: .65; }
</style>
</head>
<body>
<header>
<dl>${factsOf(model)}</dl>
<p>Turn the wheel over the lanes to zoom, drag to move, point at a run to read about it. A name in the list hides its runs.</p>
</header>
<div id="timeline" role="img" aria-label="${escaped(model.title)}"></div>
<script type="application/json" id="model">${inScript(JSON.stringify(model))}</script>
<script>${inScript(library)}</script>
<script>${inScript(`(${functionText(drawPage)})(globalThis, (${functionText(timelineOption)}), (${functionText(heightOf)}), ${LANE_HEIGHT});`)}</script>
</body>
</html>
`;
}

/** What the page uses of its browser. */
interface Browser {
  readonly document: { getElementById(id: string): PageElement };
  readonly echarts: Charts & {
    init(element: PageElement): { setOption(option: object): void; resize(): void };
  };
  addEventListener(event: string, listener: () => void): void;
}

interface PageElement {
  readonly textContent: string;
  readonly clientWidth: number;
  readonly style: { height: string };
}

/** Draws the timeline in the page, which runs this function from its text: it uses nothing from outside itself. */
function drawPage(
  browser: Browser,
  optionOf: typeof timelineOption,
  height: typeof heightOf,
  laneHeight: number,
): void {
  const model = JSON.parse(browser.document.getElementById("model").textContent) as TimelineModel;
  const element = browser.document.getElementById("timeline");
  const layout = { width: element.clientWidth, laneHeight, isInteractive: true };
  element.style.height = `${height(model.lanes.length, layout)}px`;
  const chart = browser.echarts.init(element);
  chart.setOption(optionOf(browser.echarts, model, layout));
  browser.addEventListener("resize", () => chart.resize());
}

function factsOf(model: TimelineModel): string {
  const { runs, lengthMs, workers, meanUtilisation, unrun, dropped, skipped, startedAt } = model;
  const facts: [string, string][] = [
    ["runs", String(runs.length)],
    ["time", `${lengthMs.toFixed(1)} ms`],
    ["workers", String(workers)],
    ["busy", `${(meanUtilisation * 100).toFixed(1)} %`],
  ];
  if (unrun > 0) facts.push(["requests without a run", String(unrun)]);
  if (dropped > 0) facts.push(["runs left out by the trace", String(dropped)]);
  if (skipped > 0) facts.push(["requests not recorded", String(skipped)]);
  if (startedAt !== "") facts.push(["began", startedAt]);
  return facts
    .map(([what, value]) => `<div><dt>${what}</dt><dd>${escaped(value)}</dd></div>`)
    .join("");
}

/** Text in HTML and in its attributes. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/**
 * JavaScript or JSON inside a script: nothing in it may end the script or begin a comment of HTML. A `<` there stands in a
 * string, or in a regular expression or before a `!` or a name, where the escape means the same.
 */
function inScript(text: string): string {
  return text.replaceAll(/<(?=\/script|!--|script)/gi, "\\u003c");
}
