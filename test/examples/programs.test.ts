import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { Jimp } from "jimp";
import { renderTile } from "../../examples/mandelbrot.ts";
import { runExample } from "./run-example.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ringpool-examples-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("checksums", () => {
  function checksum(text: string): string {
    return new Bun.CryptoHasher("sha256").update(text).digest("hex");
  }

  test("are printed in the order of the files, with one of them all", async () => {
    const files = ["b", "a", "c"].map((name) => join(folder, name));
    for (const file of files) writeFileSync(file, `text of ${file}`);
    const lines = files.map((file) => `${checksum(`text of ${file}`)}  ${file}`);
    expect(await runExample("checksums.ts", "--total", ...files)).toEqual({
      exitCode: 0,
      stdout: `${[...lines, `${checksum(lines.join("\n"))}  total`].join("\n")}\n`,
      stderr: "",
    });
  });

  test("of a file that is missing are an error, and the others are printed", async () => {
    const file = join(folder, "there");
    writeFileSync(file, "text");
    const { exitCode, stdout, stderr } = await runExample("checksums.ts", "missing", file);
    expect([exitCode, stdout]).toEqual([1, `${checksum("text")}  ${file}\n`]);
    expect(stderr).toStartWith("checksums: missing: ENOENT");
  });

  test("of no file are a mistake that the usage explains", async () => {
    const { exitCode, stderr } = await runExample("checksums.ts");
    expect([exitCode, stderr.trim()]).toEqual([
      2,
      "Usage: bun examples/checksums.ts [--total] <file…>",
    ]);
  });
});

test("the Markdown example writes a page for each file, with its title", async () => {
  const target = join(folder, "site");
  writeFileSync(join(folder, "one.md"), "# One & only\n\nSome *words*.\n");
  writeFileSync(join(folder, "two.md"), "no title\n");
  const { exitCode, stdout, stderr } = await runExample("markdown-site.ts", folder, target);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("One & only (4 words)");
  expect(stdout.trimEnd()).toEndWith(`2 pages in ${target}`);
  const page = readFileSync(join(target, "one.html"), "utf8");
  expect(page).toContain("<title>One &amp; only</title>");
  expect(page).toContain("<p>Some <em>words</em>.</p>");
});

test("the thumbnail example makes large images small, leaves small ones, and names broken ones", async () => {
  const target = join(folder, "thumbnails");
  for (const [name, width] of [
    ["large", 400],
    ["small", 20],
  ] as const) {
    await new Jimp({ width, height: 10, color: 0x00ff00ff }).write(`${folder}/${name}.png`);
  }
  writeFileSync(join(folder, "broken.png"), "no image");
  const { exitCode, stdout } = await runExample("thumbnails.ts", "--width", "100", folder, target);
  const lines = stdout.trimEnd().split("\n");
  expect([exitCode, lines.slice(1)]).toEqual([1, ["large.png  100 x 3", "small.png  20 x 10"]]);
  expect(lines[0]).toStartWith("broken.png  failed: Error");
  const { width } = await Jimp.read(join(target, "large.png"));
  expect(width).toBe(100);
});

test("the Mandelbrot example renders every pixel as a loop does, and a lane for each worker", async () => {
  const args = ["--width", "60", "--tile", "16", "--workers", "2", folder];
  const { exitCode, stdout, stderr } = await runExample("mandelbrot.ts", ...args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toStartWith("12 tiles by 2 workers\n");
  const { width, height, data } = decode(readFileSync(join(folder, "mandelbrot.png")));
  const whole = new Uint8Array(60 * 45 * 3);
  renderTile(whole, 60, [0, 0, 60, 45]);
  expect([width, height, Buffer.from(whole).equals(Buffer.from(data as Uint8Array))]).toEqual([
    60,
    45,
    true,
  ]);
  const picture = readFileSync(join(folder, "timeline.svg"), "utf8");
  for (const text of ["12 tiles", "worker 1", "worker 2", "renderTile"])
    expect(picture).toContain(text);
});

test("the Mandelbrot example refuses sizes that are none", async () => {
  const { exitCode, stderr } = await runExample("mandelbrot.ts", "--tile", "none");
  expect([exitCode, stderr.trim()]).toEqual([
    2,
    "--width and --tile are whole numbers of pixels, 1 to 10,000.",
  ]);
});
