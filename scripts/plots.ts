/**
 * Draws plots from bench/results/*.json into docs/plots, and writes the figures into README.md,
 * docs/choosing.md and docs/performance.md. Removes plots whose results are gone.
 *
 *     bun run plots
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { TARGETS } from "../bench/targets.ts";
import { generate } from "./plots/generate.ts";
import { filesIn, readResults } from "./plots/results.ts";

const root = join(import.meta.dir, "..");
const folder = join(root, "docs/plots");
const readme = join(root, "README.md");
const choosing = join(root, "docs/choosing.md");
const performanceDocument = join(root, "docs/performance.md");

const results = await readResults(join(root, "bench/results"));
const generated = generate(results, TARGETS.values(), {
  readme: await readFile(readme, "utf8"),
  choosing: await readFile(choosing, "utf8"),
  performance: await readFile(performanceDocument, "utf8"),
});
await Bun.write(readme, generated.readme);
await Bun.write(choosing, generated.choosing);
await Bun.write(performanceDocument, generated.performance);
for (const file of await filesIn(folder)) {
  if (file.endsWith(".svg") && !generated.plots.has(file)) await rm(join(folder, file));
}
for (const [file, plot] of generated.plots) await Bun.write(join(folder, file), plot);
console.log(`${results.length} results, ${generated.plots.size} plots in docs/plots`);
