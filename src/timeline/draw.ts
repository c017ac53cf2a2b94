import type { RunDatum, TimelineModel } from "./model.ts";

/** What drawing uses of ECharts. */
export interface Charts {
  readonly graphic: {
    clipRectByRect(shape: Rect, within: Rect): Rect | undefined;
  };
}

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What ECharts gives to `renderItem`. */
interface ItemParams {
  readonly coordSys: Rect;
  /** The same object for all items of one drawing. */
  readonly context: { ends?: number[] };
  readonly dataIndex: number;
}

interface ItemAPI {
  value(dimension: number): number;
  coord(point: readonly [number, number]): readonly [number, number];
  size(size: readonly [number, number]): readonly [number, number];
}

/** How large the picture is, and whether it can be zoomed. */
export interface Layout {
  readonly width: number;
  readonly laneHeight: number;
  readonly isInteractive: boolean;
}

/**
 * The option of ECharts for a timeline: lanes with their runs, utilisation and queue length below, on one axis of time.
 *
 * A page runs this function from its text, so it uses nothing from outside itself but the globals of JavaScript.
 */
export function timelineOption(
  charts: Charts,
  model: TimelineModel,
  layout: Layout,
): Record<string, unknown> {
  const MOST_NAMES = 18;
  const COLOURS = [
    "#4e79a7",
    "#f28e2b",
    "#59a14f",
    "#b07aa1",
    "#76b7b2",
    "#edc948",
    "#9c755f",
    "#ff9da7",
    "#86bcb6",
    "#d4a6c8",
  ];
  const SMALL = 90;
  const GAP = 34;
  const lanesHeight = Math.max(1, model.lanes.length) * layout.laneHeight;
  const lanesTop = 56;
  const usedTop = lanesTop + lanesHeight + GAP;
  const queueTop = usedTop + SMALL + GAP;

  /** Names are the program's own text, and a tooltip is HTML. */
  function escaped(text: string | number): string {
    const entities: Record<string, string> = {
      "&": "&amp;",
      "<": "&lt;",
      ">": "&gt;",
      '"': "&quot;",
      "'": "&#39;",
    };
    return String(text).replaceAll(/[&<>"']/g, (character) => entities[character] as string);
  }

  function inWords(ms: number): string {
    if (ms >= 1000) return `${(ms / 1000).toFixed(3)} s`;
    if (ms >= 1) return `${ms.toFixed(3)} ms`;
    return `${(ms * 1000).toFixed(ms < 0.01 ? 2 : 1)} µs`;
  }

  function tooltipOf(run: RunDatum): string {
    const [lane, start, end, name, id, kind, outcome, queued, attempt, priority, items, error] =
      run;
    const parent = run[13];
    const rows: [string, string | number][] = [
      ["request", id],
      ["put by", kind],
      ...(parent === null
        ? [["queue time", queued === null ? "not known" : inWords(queued)] as [string, string]]
        : [["child of", parent] as [string, string]]),
      ["run time", (run[12] ? "at least " : "") + inWords(end - start)],
      ["start", inWords(start)],
      ["worker", model.lanes[lane] as string],
      ["outcome", outcome],
    ];
    if (items > 0) rows.push(["items", items]);
    if (attempt > 1) rows.push(["attempt", attempt]);
    if (priority !== 0) rows.push(["priority", priority]);
    if (error !== null) rows.push(["error", error]);
    const cells = rows.map(
      ([what, value]) =>
        `<tr><td style="padding-right:1em;opacity:.7">${escaped(what)}</td><td>${escaped(value)}</td></tr>`,
    );
    return `<b>${escaped(model.names[name] as string)}</b><table>${cells.join("")}</table>`;
  }

  /** Draws one run, children below their parents. Of runs of a depth that share a pixel of a lane, one is drawn. */
  function drawRun(runs: readonly RunDatum[], colour: string) {
    return (params: ItemParams, api: ItemAPI): unknown => {
      const lane = api.value(0);
      const from = api.coord([api.value(1), lane]);
      const to = api.coord([api.value(2), lane]);
      const run = runs[params.dataIndex] as RunDatum;
      const depth = run[14];
      const whole = Math.max(2, api.size([0, 1])[1] * 0.72);
      const height = Math.max(1, whole / (1 + (model.depths[lane] as number)));
      const top = from[1] - whole / 2 + depth * height;
      const left = from[0];
      const right = Math.max(to[0], left + 1);
      params.context.ends ??= [];
      const row = lane * 100 + depth;
      const drawnTo = params.context.ends[row];
      if (drawnTo !== undefined && right <= drawnTo + 0.5) return undefined;
      params.context.ends[row] = right;
      const rect = { x: left, y: top, width: right - left, height };
      const shape = charts.graphic.clipRectByRect(rect, params.coordSys);
      if (shape === undefined) return undefined;
      const outcome = run[6];
      const hasFailed = outcome === "failed" || outcome === "lost";
      const isCancelled = outcome === "cancelled";
      return {
        type: "rect",
        transition: [],
        shape,
        style: {
          fill: colour,
          opacity: isCancelled ? 0.45 : 1,
          ...(hasFailed ? { stroke: "#d62728", lineWidth: 2 } : {}),
          ...(isCancelled ? { stroke: "#555", lineWidth: 1, lineDash: [3, 2] } : {}),
        },
        emphasis: { style: { opacity: 0.75 } },
      };
    };
  }

  const groups = model.names.slice(0, MOST_NAMES).map((name, index) => ({
    name,
    colour: COLOURS[index % COLOURS.length] as string,
    runs: [] as RunDatum[],
  }));
  const others = { name: "(others)", colour: "#bab0ac", runs: [] as RunDatum[] };
  for (const run of model.runs) (groups[run[3]] ?? others).runs.push(run);
  if (others.runs.length > 0) groups.push(others);

  const x = (gridIndex: number, isShown: boolean): Record<string, unknown> => ({
    type: "value",
    gridIndex,
    min: 0,
    max: model.lengthMs,
    axisLabel: {
      show: isShown,
      hideOverlap: true,
      showMaxLabel: false,
      formatter: (ms: number) => `${Number(ms.toFixed(4))} ms`,
    },
    axisTick: { show: isShown },
    splitLine: { show: true, lineStyle: { color: "#eee" } },
    axisPointer: { show: layout.isInteractive && gridIndex > 0, snap: false },
  });
  const grid = (top: number, height: number): Record<string, unknown> => ({
    left: 110,
    right: 30,
    top,
    height,
  });
  const steps = (name: string, index: number, data: readonly unknown[], colour: string) => ({
    type: "line",
    name,
    xAxisIndex: index,
    yAxisIndex: index,
    step: "end",
    symbol: "none",
    animation: false,
    data,
    lineStyle: { width: 1, color: colour },
    itemStyle: { color: colour },
    areaStyle: { opacity: 0.25, color: colour },
    tooltip: { show: false },
  });
  const upToTheEnd = (
    all: readonly (readonly [number, number])[],
  ): (readonly [number, number])[] => {
    const last = all.at(-1);
    return last === undefined ? [] : [[0, 0], ...all, [model.lengthMs, last[1]]];
  };
  const zoom = {
    xAxisIndex: [0, 1, 2],
    filterMode: "none",
    minValueSpan: Math.min(model.lengthMs, 0.002),
  };

  return {
    animation: false,
    aria: { enabled: true },
    backgroundColor: "#fff",
    title: {
      text: model.title,
      left: 12,
      top: 4,
      textStyle: { fontSize: 15, width: layout.width - 24, overflow: "truncate" },
    },
    legend: {
      type: "scroll",
      top: 28,
      left: 12,
      right: 30,
      data: groups.map(({ name }) => ({ name })),
    },
    grid: [grid(lanesTop, lanesHeight), grid(usedTop, SMALL), grid(queueTop, SMALL)],
    xAxis: [x(0, true), x(1, false), x(2, true)],
    yAxis: [
      {
        type: "category",
        gridIndex: 0,
        inverse: true,
        data: model.lanes,
        axisTick: { show: false },
        splitArea: { show: true, areaStyle: { color: ["#fafafa", "#f2f2f2"] } },
        axisLabel: { interval: 0, width: 96, overflow: "truncate" },
      },
      {
        type: "value",
        gridIndex: 1,
        min: 0,
        max: 1,
        interval: 0.5,
        name: "workers busy",
        nameLocation: "middle",
        nameGap: 52,
        axisLabel: { formatter: (share: number) => `${Math.round(share * 100)} %` },
      },
      {
        type: "value",
        gridIndex: 2,
        min: 0,
        minInterval: 1,
        splitNumber: 3,
        name: "queue length",
        nameLocation: "middle",
        nameGap: 52,
      },
    ],
    ...(layout.isInteractive
      ? {
          tooltip: { trigger: "item", confine: true, borderColor: "#999", transitionDuration: 0 },
          toolbox: {
            right: 24,
            top: 4,
            feature: { dataZoom: { yAxisIndex: "none" }, restore: {}, saveAsImage: {} },
          },
          dataZoom: [
            { type: "inside", ...zoom },
            {
              type: "slider",
              ...zoom,
              top: queueTop + SMALL + 34,
              height: 26,
              labelFormatter: (ms: number) => inWords(ms),
            },
          ],
        }
      : {}),
    series: [
      ...groups.map(({ name, colour, runs }) => ({
        type: "custom",
        name,
        xAxisIndex: 0,
        yAxisIndex: 0,
        itemStyle: { color: colour },
        dimensions: ["lane", "start", "end"],
        encode: { x: [1, 2], y: 0 },
        clip: true,
        renderItem: drawRun(runs, colour),
        data: runs.map(([lane, start, end]) => [lane, start, end]),
        progressive: 5000,
        tooltip: {
          formatter: ({ dataIndex }: { dataIndex: number }) =>
            tooltipOf(runs[dataIndex] as RunDatum),
        },
      })),
      steps("workers busy", 1, upToTheEnd(model.utilisation), "#59a14f"),
      steps("queue length", 2, upToTheEnd(model.queue), "#e15759"),
    ],
  };
}

/** How high the picture is. */
export function heightOf(lanes: number, layout: Layout): number {
  return (
    56 + Math.max(1, lanes) * layout.laneHeight + 2 * (90 + 34) + (layout.isInteractive ? 80 : 40)
  );
}
