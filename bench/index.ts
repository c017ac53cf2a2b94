/**
 * Runs all benchmarks, or the named ones, one after the other, each in its own process.
 *
 *     bun run bench [question …]
 *         --quick      only shows that everything works; the figures mean nothing, and none are kept
 *         --sources    measures the sources; without it, the package as it is built and as users get it
 *         --out=DIR    keeps the results there; by default in bench/results
 *         --list       names the questions
 */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const folder = join(import.meta.dir, "questions");
const questions = readdirSync(folder)
  .map((file) => file.replace(/\.ts$/, ""))
  .sort();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    sources: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    out: { type: "string" },
  },
});
const unknown = positionals.filter((name) => !questions.includes(name));
if (unknown.length > 0) {
  console.error(
    `There is no such benchmark; there are ${questions.join(", ")}: asked=${unknown.join(", ")}`,
  );
  process.exit(2);
}
if (values.list) {
  console.log(questions.join("\n"));
  process.exit();
}

const failed: string[] = [];
if (!values.sources) run("build", [join(import.meta.dir, "../scripts/build.ts")]);
if (failed.length > 0) process.exit(1);

const which = values.sources
  ? []
  : [`--tsconfig-override=${join(import.meta.dir, "tsconfig.dist.json")}`];
const how = [
  ...(values.quick ? ["--quick"] : []),
  ...(values.out === undefined ? [] : [`--out=${resolve(values.out)}`]),
];
const startMs = performance.now();
for (const name of positionals.length > 0 ? positionals : questions)
  run(name, [...which, join(folder, `${name}.ts`), ...how]);
console.log(`\n${Math.round((performance.now() - startMs) / 1000)} s`);
if (failed.length > 0) {
  console.error(`These have failed: ${failed.join(", ")}`);
  process.exit(1);
}

/** A benchmark that fails does not keep the later ones from their results. */
function run(name: string, command: readonly string[]): void {
  const { exitCode } = Bun.spawnSync([process.execPath, ...command], {
    stdout: "inherit",
    stderr: "inherit",
  });
  if (exitCode !== 0) failed.push(name);
}
