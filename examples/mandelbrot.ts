/**
 * Renders the Mandelbrot set in tiles on all cores, and draws which worker rendered which tile when.
 *
 *     bun examples/mandelbrot.ts [--width 1200] [--tile 100] [--workers N] [folder]      default: a new temporary folder
 *
 * Writes mandelbrot.png and timeline.svg: a lane for each worker, a bar for each tile. The tiles of the middle take longest, and
 * yet all workers end together, because each takes the next tile when it has done its last one.
 * Needs `bun add fast-png echarts`.
 */
import { mkdir, mkdtemp } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encode } from "fast-png";
import { ThreadPool, sharedArray } from "ringpool";
import { timelineSVG } from "ringpool/timeline";

/** What the picture shows of the plane, and how many steps decide that a point is in the set. */
const LEFT = -2.2;
const TOP = -1.2;
const PLANE_WIDTH = 3.2;
const MOST_STEPS = 2000;
const BYTES_A_PIXEL = 3;

/** Runs in a worker: colours the pixels of one tile, in place. All workers write to the same memory. */
export function renderTile(
  pixels: Uint8Array,
  width: number,
  [left, top, right, bottom]: readonly [number, number, number, number],
): void {
  const scale = PLANE_WIDTH / width;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const steps = stepsToEscape(LEFT + x * scale, TOP + y * scale);
      const shade = steps === MOST_STEPS ? 0 : 255 * Math.sqrt((steps % 64) / 64);
      const at = (y * width + x) * BYTES_A_PIXEL;
      pixels[at] = shade;
      pixels[at + 1] = shade * shade * (1 / 255);
      pixels[at + 2] = steps === MOST_STEPS ? 0 : 80 + shade * (175 / 255);
    }
  }
}

/** After how many steps the point is far away; `MOST_STEPS` for a point of the set. */
function stepsToEscape(real: number, imaginary: number): number {
  let [x, y] = [0, 0];
  for (let step = 0; step < MOST_STEPS; step++) {
    const [xx, yy] = [x * x, y * y];
    if (xx + yy > 4) return step;
    y = 2 * x * y + imaginary;
    x = xx - yy + real;
  }
  return MOST_STEPS;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      width: { type: "string", default: "1200" },
      tile: { type: "string", default: "100" },
      workers: { type: "string", default: String(availableParallelism()) },
    },
  });
  const [width, tile, workers] = [values.width, values.tile, values.workers].map(Number) as [
    number,
    number,
    number,
  ];
  if (![width, tile].every((size) => Number.isInteger(size) && size > 0 && size <= 10_000)) {
    console.error("--width and --tile are whole numbers of pixels, 1 to 10,000.");
    process.exitCode = 2;
    return;
  }
  const height = Math.round(width * 0.75);
  const folder = positionals[0] ?? (await mkdtemp(join(tmpdir(), "mandelbrot-")));
  await mkdir(folder, { recursive: true });

  await using pool = new ThreadPool(workers, { name: "mandelbrot" });
  // The picture lies in shared memory, so that no tile is copied.
  const pixels = sharedArray(Uint8Array, width * height * BYTES_A_PIXEL);
  using trace = pool.trace();
  const tiles: Promise<void>[] = [];
  for (let top = 0; top < height; top += tile) {
    for (let left = 0; left < width; left += tile) {
      const corners = [
        left,
        top,
        Math.min(left + tile, width),
        Math.min(top + tile, height),
      ] as const;
      tiles.push(pool.run(renderTile, [pixels, width, corners]));
    }
  }
  await Promise.all(tiles);
  trace.stop();

  const picture = join(folder, "mandelbrot.png");
  const timeline = join(folder, "timeline.svg");
  await Bun.write(picture, encode({ width, height, channels: 3, data: Uint8Array.from(pixels) }));
  await Bun.write(timeline, timelineSVG(trace, { title: `${tiles.length} tiles` }));
  console.log(`${tiles.length} tiles by ${workers} workers\n${picture}\n${timeline}`);
}

// A worker imports this file for `renderTile`, and renders nothing by itself.
if (import.meta.main) await main();
