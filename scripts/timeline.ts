/**
 * Records a trace of a pool, and takes the picture of its timeline that the documents show: docs/plots/timeline.png.
 *
 *     bun run timeline
 *
 * It needs Chromium: `apt-get install chromium`, or its path in CHROMIUM.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ThreadPool } from "../src/index.ts";
import type { Trace } from "../src/index.ts";
import { writeTimeline } from "../src/timeline/index.ts";
import { launchChromium } from "../test/site/chromium.ts";
import { parse, thumbnail, upload } from "./timeline/tasks.ts";

const root = join(import.meta.dir, "..");
const WIDTH = 1180;

/** The same sequence each time. */
function* durations(from: number, to: number): Generator<number> {
  for (let state = 1; ; state = (state * 48_271) % 2_147_483_647)
    yield from + (state % 1000) * ((to - from) / 1000);
}

/** Photographs come in two waves, and each of them is parsed, made small and sent. */
async function record(): Promise<Trace> {
  await using pool = new ThreadPool(4, { name: "photographs" });
  await pool.ready();
  const trace = pool.trace();
  const parsing = durations(2, 7);
  const drawing = durations(6, 22);
  const sending = durations(4, 31);
  const photograph = async (): Promise<void> => {
    await pool.run(parse, [parsing.next().value]);
    await pool.run(thumbnail, [drawing.next().value], { priority: 1 });
    await pool.run(upload, [sending.next().value]).catch(() => {});
  };
  const waves: Promise<void>[] = [];
  for (const photographs of [16, 24]) {
    waves.push(...Array.from({ length: photographs }, photograph));
    await Bun.sleep(150);
  }
  await Promise.all(waves);
  return trace.stop();
}

const folder = await mkdtemp(join(tmpdir(), "ringpool-timeline-"));
const page = join(folder, "timeline.html");
await writeTimeline(page, await record());
const browser = await launchChromium();
try {
  const tab = await browser.newPage();
  await tab.setViewport({ width: WIDTH, height: 600 });
  await tab.goto(pathToFileURL(page).href);
  const height = (await tab.evaluate("document.body.scrollHeight")) as number;
  await tab.setViewport({ width: WIDTH, height });
  // Over a run, so that the picture shows what is told of one.
  const box = await (await tab.$("#timeline"))!.boundingBox();
  await tab.mouse.move(box!.x + WIDTH * 0.42, box!.y + 56 + 26 * 1.5);
  await tab.waitForSelector("#timeline table", { visible: true, timeout: 5000 });
  await tab.screenshot({ path: join(root, "docs/plots/timeline.png") });
  console.log("docs/plots/timeline.png");
} finally {
  await browser.close();
  await rm(folder, { recursive: true });
}
