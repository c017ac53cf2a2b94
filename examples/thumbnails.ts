/**
 * Makes thumbnails of all images in a folder, with the library `jimp` in the workers.
 *
 *     bun examples/thumbnails.ts [--width 128] <folder of images> <folder for thumbnails>
 *
 * Prints a line when an image is done, and goes on when one is broken. The exit code is 1 when one was.
 * Needs `bun add jimp`.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Jimp } from "jimp";
import { ThreadPool } from "ringpool";

/** Runs in a worker. Returns the size of the thumbnail. */
export async function makeThumbnail(
  source: string,
  target: string,
  width: number,
): Promise<readonly [width: number, height: number]> {
  const image = await Jimp.read(source);
  // An image that is smaller already stays as it is.
  if (image.width > width) image.resize({ w: width });
  await image.write(target as `${string}.png`);
  return [image.width, image.height];
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { width: { type: "string", default: "128" } },
  });
  const [from, to] = positionals;
  const width = Number(values.width);
  if (from === undefined || to === undefined || !(Number.isInteger(width) && width > 0)) {
    console.error("Usage: bun examples/thumbnails.ts [--width 128] <images> <thumbnails>");
    return 2;
  }
  await mkdir(to, { recursive: true });
  const files = [...new Bun.Glob("*.{png,jpg,jpeg,bmp,gif}").scanSync(from)].toSorted();
  await using pool = new ThreadPool();
  const jobs = files.map((file): [string, string, number] => [
    join(from, file),
    join(to, file.replace(/\.\w+$/, ".png")),
    width,
  ]);
  // `settle`: a broken image fails alone.
  const outcomes = await pool.starmap(makeThumbnail, jobs, {
    settle: true,
    onProgress: ({ done, total }) => console.error(`${done} of ${total}`),
  });
  let broken = 0;
  for (const [index, outcome] of outcomes.entries()) {
    const file = files[index] ?? "";
    if (outcome.status === "fulfilled") console.log(`${file}  ${outcome.value.join(" x ")}`);
    else {
      broken += 1;
      console.log(`${file}  failed: ${String(outcome.reason)}`);
    }
  }
  return broken === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
