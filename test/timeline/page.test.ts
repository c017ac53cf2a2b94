/**
 * The page of a timeline in a browser: Chromium without a window, driven by its protocol.
 *
 * Where there is no Chromium, the tests are skipped: `apt-get install chromium`, or name one in CHROMIUM.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { ThreadPool } from "../../src/index.ts";
import { writeTimeline } from "../../src/timeline/index.ts";
import type { TimelineSource } from "../../src/timeline/index.ts";
import { spin } from "../pool/fixtures/tasks.ts";
import { CHROMIUM, NO_CHROMIUM, launchChromium } from "../site/chromium.ts";
import { HOSTILE, hostileTrace } from "./hostile-trace.ts";

setDefaultTimeout(60_000);

const hasChromium = CHROMIUM !== undefined;
if (!hasChromium) console.warn(`The pages of timelines are not tested. ${NO_CHROMIUM}`);

/** What a page asks of ECharts, which it has as a global. */
interface Chart {
  getOption(): {
    readonly yAxis: readonly { readonly data: readonly string[] }[];
    readonly dataZoom: readonly { readonly start: number; readonly end: number }[];
    readonly series: readonly {
      readonly type: string;
      readonly name: string;
      readonly data: readonly (readonly number[])[];
    }[];
  };
  convertToPixel(finder: object, point: readonly number[]): readonly number[];
}

/** Runs in the page. */
function chartOf(): Chart {
  const { echarts, document } = globalThis as unknown as {
    echarts: { getInstanceByDom(element: unknown): Chart };
    document: { getElementById(id: string): unknown };
  };
  return echarts.getInstanceByDom(document.getElementById("timeline"));
}
const CHART = `(${chartOf.toString()})()`;

let browser: Browser;
let folder = "";
beforeAll(async () => {
  if (!hasChromium) return;
  folder = await mkdtemp(join(tmpdir(), "ringpool timeline "));
  browser = await launchChromium();
});
afterAll(async () => {
  if (!hasChromium) return;
  await browser.close();
  await rm(folder, { recursive: true });
});

interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What the page has complained of, or asked the network for. */
  readonly complaints: readonly string[];
}

/** Opens the page of a trace from its file. */
async function openPage(trace: TimelineSource): Promise<Opened> {
  const file = join(folder, `${crypto.randomUUID()}.html`);
  await writeTimeline(file, trace);
  const page = await browser.newPage();
  const complaints: string[] = [];
  await page.setViewport({ width: 1200, height: 800 });
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) complaints.push(request.url());
  });
  await page.goto(pathToFileURL(file).href);
  return { page, complaints, [Symbol.asyncDispose]: () => page.close() };
}

/** Where a point of the lanes is in the window. */
async function pixelOf(page: Page, ms: number, lane: number): Promise<{ x: number; y: number }> {
  const [x, y] = (await page.evaluate(
    `${CHART}.convertToPixel({ gridIndex: 0 }, [${ms}, ${lane}])`,
  )) as [number, number];
  const box = await (await page.$("#timeline"))!.boundingBox();
  return { x: box!.x + x, y: box!.y + y };
}

async function tooltipAt(page: Page, ms: number, lane: number): Promise<string> {
  const { x, y } = await pixelOf(page, ms, lane);
  await page.mouse.move(x, y);
  await page.waitForSelector("#timeline table", { visible: true });
  return (await page.evaluate(
    `document.querySelector("#timeline table").parentElement.innerText`,
  )) as string;
}

const windowOf = (page: Page): Promise<{ start: number; end: number }> =>
  page.evaluate(
    `(({ start, end }) => ({ start, end }))(${CHART}.getOption().dataZoom[0])`,
  ) as Promise<{
    start: number;
    end: number;
  }>;

describe.if(hasChromium)("a timeline in a browser", () => {
  test("shows a lane for each worker and each run of a pool's trace, and complains of nothing", async () => {
    await using pool = new ThreadPool(3);
    const trace = pool.trace();
    await pool.map(
      spin,
      Array.from({ length: 100 }, () => 200),
    );
    await Promise.all(Array.from({ length: 20 }, () => pool.run(spin, [500])));
    await using opened = await openPage(trace.stop());
    const { page, complaints } = opened;
    const option = (await page.evaluate(`${CHART}.getOption()`)) as ReturnType<Chart["getOption"]>;
    expect(option.yAxis[0]!.data).toEqual(["worker 1", "worker 2", "worker 3"]);
    const shown = option.series.filter(({ type }) => type === "custom");
    const runs = trace.events.filter(({ ph }) => ph === "X").length;
    expect(shown.reduce((sum, { data }) => sum + data.length, 0)).toBe(runs);
    // Something is drawn: the canvas has pixels in the colour of the first callable.
    const drawn = (await page.evaluate(`(() => {
      const canvas = document.querySelector("#timeline canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4)
        if (data[i] === 0x4e && data[i + 1] === 0x79 && data[i + 2] === 0xa7) count += 1;
      return count;
    })()`)) as number;
    expect(drawn).toBeGreaterThan(500);
    expect(complaints).toEqual([]);
  });

  test("tells of the run under the pointer, with the program's names as text", async () => {
    await using opened = await openPage(hostileTrace());
    const { page, complaints } = opened;
    const told = await tooltipAt(page, 25, 0);
    // The line separator of the name is a line of its own.
    const name = HOSTILE.split("\u2028");
    for (const part of name) expect(told).toContain(part);
    for (const line of ["queue time\t1.000 ms", "run time\t50.000 ms", "outcome\tfailed"])
      expect(told).toContain(line);
    expect(await page.$$("img")).toHaveLength(0);
    const plain = await tooltipAt(page, 30, 1).then(() =>
      page.waitForFunction(
        `document.querySelector("#timeline table").parentElement.innerText.startsWith("plain")`,
      ),
    );
    expect(await plain.jsonValue()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("zooms by the wheel, moves by dragging, and comes back", async () => {
    await using opened = await openPage(hostileTrace());
    const { page, complaints } = opened;
    expect(await windowOf(page)).toEqual({ start: 0, end: 100 });
    const { x, y } = await pixelOf(page, 30, 0);
    await page.mouse.move(x, y);
    for (let i = 0; i < 4; i++) await page.mouse.wheel({ deltaY: -240 });
    await page.waitForFunction(`${CHART}.getOption().dataZoom[0].end < 90`);
    const zoomed = await windowOf(page);
    expect(zoomed.start).toBeGreaterThan(0);
    await page.mouse.down();
    await page.mouse.move(x - 150, y, { steps: 5 });
    await page.mouse.up();
    await page.waitForFunction(`${CHART}.getOption().dataZoom[0].start > ${zoomed.start}`);
    // The plots below show the same stretch of time.
    const extents = (await page.evaluate(
      `[0, 1, 2].map((i) => ${CHART}.convertFromPixel({ xAxisIndex: i }, 300).toFixed(6))`,
    )) as string[];
    expect(new Set(extents).size).toBe(1);
    for (let i = 0; i < 40; i++) await page.mouse.wheel({ deltaY: 400 });
    await page.waitForFunction(
      `${CHART}.getOption().dataZoom[0].start === 0 && ${CHART}.getOption().dataZoom[0].end === 100`,
    );
    expect(complaints).toEqual([]);
  });
});
