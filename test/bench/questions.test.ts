/** Every question of the benchmarks runs, in its quick form. What it measures then means nothing. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isKnownAbsence } from "../../bench/absent.ts";
import { BATCHED, FLAT, RINGPOOL } from "../../bench/contestants/names.ts";
import type { Result } from "../../bench/result.ts";
import { TARGETS } from "../../bench/targets.ts";
import { PUBLIC_ENTRIES } from "../../scripts/build/entries.ts";
import { generate } from "../../scripts/plots/generate.ts";
import { filesIn, readResults } from "../../scripts/plots/results.ts";

const root = join(import.meta.dir, "../..");
const questions = (await filesIn(join(root, "bench/questions"))).map((file) =>
  file.replace(".ts", ""),
);

/** They have tables alone. */
const WITHOUT_PLOTS = new Set(["idle", "first-milliseconds"]);
/** These targets need a full run: a size or a number of workers that a quick one leaves out. */
const FULL_RUN = new Set(["moved-back-64m"]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringpool-bench-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function bench(...args: string[]): Promise<{ exitCode: number; said: string }> {
  const script = join(root, "bench/index.ts");
  const child = Bun.spawn([process.execPath, script, "--quick", `--out=${folder}`, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [exitCode, out, error] = await Promise.all([
    child.exited,
    child.stdout.text(),
    child.stderr.text(),
  ]);
  return { exitCode, said: out + error };
}

describe.each(questions)("%s", (question) => {
  test("has figures of ringpool and of its first rivals, and all of its targets", async () => {
    const { exitCode, said } = await bench("--sources", question);
    expect(exitCode, said).toBe(0);
    const result = (await Bun.file(join(folder, `${question}.json`)).json()) as Result;
    expect(result.name).toBe(question);
    expect(result.package).toBe("sources");
    expect(result.cases.length).toBeGreaterThan(0);
    for (const { name, figures } of result.cases) {
      const contestants = new Set(figures.map(({ contestant }) => contestant));
      for (const { median, from, to } of figures) {
        expect(median, name).toBeGreaterThanOrEqual(0);
        expect(from, name).toBeLessThanOrEqual(median);
        expect(to, name).toBeGreaterThanOrEqual(median);
      }
      for (const who of [RINGPOOL, BATCHED, FLAT]) {
        if (isKnownAbsence(question, name, who)) continue;
        const isFailed = result.failures.some((one) => one.contestant === who && one.case === name);
        const isThere = contestants.has(who) || isFailed;
        expect(isThere, `case=${name} contestant=${who}`).toBe(true);
      }
    }
    const own = [...TARGETS.values()].filter((target) => target.question === question);
    expect(result.targets.map(({ id }) => id).sort()).toEqual(
      own
        .map(({ id }) => id)
        .filter((id) => !FULL_RUN.has(id))
        .sort(),
    );
  });
});

test("plots and documents are made from what all questions have measured", async () => {
  const results = await readResults(folder);
  expect(results.map(({ name }) => name)).toEqual(questions);
  const { plots, performance, readme } = generate(results, TARGETS.values(), {
    readme: await readFile(join(root, "README.md"), "utf8"),
    choosing: await readFile(join(root, "docs/choosing.md"), "utf8"),
    performance: await readFile(join(root, "docs/performance.md"), "utf8"),
  });
  const drawn = results.filter(
    ({ name, cases }) =>
      !WITHOUT_PLOTS.has(name) && cases.some(({ figures }) => figures.length > 0),
  );
  expect([...plots.keys()]).toEqual(drawn.map(({ name }) => `${name}.svg`));
  expect(plots.get("burst-number.svg")).toContain(">batched by hand</text>");
  expect(readme).toContain("docs/plots/burst-number.svg");
  for (const { name, title } of results)
    if (name !== "first-milliseconds") expect(performance).toContain(title);
  expect(performance).toContain("| program: the import |");
});

test("without --sources, the built package is measured", async () => {
  const { exitCode, said } = await bench("inline");
  expect(exitCode, said).toBe(0);
  const result = (await Bun.file(join(folder, "inline.json")).json()) as Result;
  expect(result.package).toBe("built");
});

test("each entry of the package has its built file in bench/tsconfig.dist.json", async () => {
  const { default: config } = await import("../../bench/tsconfig.dist.json");
  const built = Object.keys(PUBLIC_ENTRIES).map((name) => [
    name === "ringpool" ? name : `ringpool/${name}`,
    [`../dist/${name}.js`],
  ]);
  expect(config.compilerOptions.paths).toEqual(Object.fromEntries(built));
});

test("a question that does not exist is refused", async () => {
  const { exitCode, said } = await bench("nothing");
  expect(exitCode).toBe(2);
  expect(said).toContain("asked=nothing");
});
