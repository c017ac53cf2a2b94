import { describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case, Figure, Result } from "../bench/result.ts";
import { linearAxis, logAxis, percentileAxis } from "../scripts/plots/axis.ts";
import { draw } from "../scripts/plots/draw.ts";
import { bestOther, figuresTable } from "../scripts/plots/figures-table.ts";
import { generate } from "../scripts/plots/generate.ts";
import { spreadOut } from "../scripts/plots/lines.ts";
import { machineLines } from "../scripts/plots/machine.ts";
import { withSection } from "../scripts/plots/markdown.ts";
import { duration, isMoreBetter, readable, short } from "../scripts/plots/number.ts";
import { filesIn, readResults } from "../scripts/plots/results.ts";
import { targetsTable } from "../scripts/plots/targets-table.ts";

const root = join(import.meta.dir, "..");
const OUTDATED = "It disagrees with bench/results: bun run plots";

const machine = { model: "A CPU", cores: 2, load: 0.1, bun: "1.4.5", date: "2026-01-02" };

function figure(contestant: string, median: number, percentiles?: Record<string, number>): Figure {
  const spread = { from: median * 0.9, to: median * 1.2 };
  return { contestant, median, ...spread, ...(percentiles && { percentiles }) };
}

function resultOf(name: string, cases: readonly Case[]): Result {
  return { name, title: `How good is ${name}?`, machine, cases, failures: [], targets: [] };
}

const NUMBERS: Case = {
  name: "number, 1 worker",
  unit: "ns a request",
  figures: [
    figure("ringpool", 500),
    figure("piscina", 100_000),
    figure("postMessage by hand", 2000),
    figure("bare queue", 100),
  ],
};
const BURST: Result = {
  ...resultOf("burst-number", [NUMBERS]),
  failures: [{ contestant: "threads", case: "64 KB", error: "Error: a <b> | c\n    at d" }],
  targets: [
    { text: "at least 6 x postMessage", measured: 4, limit: 6, isMet: false },
    { text: "at least 1 x postMessage", measured: 4, limit: 1, isMet: true },
  ],
};
const EMPTY = {
  readme: "# A\n\n<!-- figures: begin -->\nold\n<!-- figures: end -->\n\nB\n",
  performance:
    "<!-- targets: begin -->\n<!-- targets: end -->\n<!-- plots: begin -->\n<!-- plots: end -->\n",
};

/** How often a plot has an element of this class. */
function count(plot: string | undefined, className: string): number {
  return plot?.split(`class="${className}"`).length ?? 0;
}

describe("what is made from the results", () => {
  const made = async () => {
    const documents = {
      readme: await readFile(join(root, "README.md"), "utf8"),
      performance: await readFile(join(root, "docs/performance.md"), "utf8"),
    };
    const results = await readResults(join(root, "bench/results"));
    return { documents, generated: generate(results, documents) };
  };

  test("is what README.md says", async () => {
    const { documents, generated } = await made();
    expect(documents.readme, OUTDATED).toBe(generated.readme);
  });

  test("is what docs/performance.md says", async () => {
    const { documents, generated } = await made();
    expect(documents.performance, OUTDATED).toBe(generated.performance);
  });

  test("is what docs/plots shows, and nothing else", async () => {
    const { generated } = await made();
    const folder = join(root, "docs/plots");
    const files = (await filesIn(folder)).filter((file) => file.endsWith(".svg"));
    expect(files, OUTDATED).toEqual([...generated.plots.keys()].sort());
    for (const file of files) {
      const plot = await readFile(join(folder, file), "utf8");
      expect(plot, `${OUTDATED}: file=${file}`).toBe(generated.plots.get(file) ?? "");
    }
  });
});

describe("the table of figures", () => {
  test("compares with the best pool, which no limit is, and with postMessage", () => {
    expect(figuresTable([BURST]).split("\n").slice(2)).toEqual([
      "| How good is burst-number? | number, 1 worker | 500 ns a request | postMessage by hand: 2,000 | 2,000 | 4.00 × |",
    ]);
  });

  test("takes more for better where the unit says so", () => {
    const figures = [figure("ringpool", 2), figure("piscina", 1), figure("tinypool", 1.5)];
    expect(bestOther({ name: "1 ms", unit: "speed-up", figures })?.contestant).toBe("tinypool");
    expect(bestOther({ name: "1 ms", unit: "ms", figures })?.contestant).toBe("piscina");
    const own = [figure("ringpool", 2), figure("ringpool, 1 worker", 1), figure("piscina", 3)];
    expect(bestOther({ name: "2 workers", unit: "ms", figures: own })?.contestant).toBe("piscina");
    expect(isMoreBetter({ unit: "requests a second" })).toBe(true);
    expect(isMoreBetter({ unit: "ns a request" })).toBe(false);
  });

  test("has its header alone when nothing was measured", () => {
    expect(figuresTable([]).split("\n").length).toBe(2);
    expect(targetsTable([]).split("\n").length).toBe(2);
    expect(machineLines([])).toEqual([]);
  });

  test("has dashes for contestants that were not measured", () => {
    const figures = [{ contestant: "ringpool", median: null, from: null, to: null }];
    const one = { name: "a", unit: "ms", figures } as unknown as Case;
    expect(figuresTable([resultOf("b", [one])])).toEndWith("| a | — | — | — | — |");
  });
});

test("the table of targets tells what was missed and who could not take part", () => {
  const rows = targetsTable([BURST]).split("\n").slice(2);
  expect(rows).toEqual([
    "| How good is burst-number? | at least 6 x postMessage | 4.00 | **missed** |",
    "| How good is burst-number? | at least 1 x postMessage | 4.00 | met |",
    "| How good is burst-number? | threads, 64 KB | — | could not take part: Error: a &lt;b> \\| c |",
  ]);
});

test("results of several days are told apart", () => {
  const later = { ...resultOf("idle", []), machine: { ...machine, date: "2026-01-03" } };
  expect(machineLines([BURST])).toEqual(["Measured on A CPU, 2 cores, Bun 1.4.5, 2026-01-02."]);
  expect(machineLines([BURST, later])).toEqual([
    "- Measured on A CPU, 2 cores, Bun 1.4.5, 2026-01-02: burst-number.",
    "- Measured on A CPU, 2 cores, Bun 1.4.5, 2026-01-03: idle.",
  ]);
});

describe("plots", () => {
  const percentiles = { "0": 1, "50": 2, "99": 9, "99.9": 40, "100": 900 };
  const curves = (unit: string): Result =>
    resultOf("latency", [{ name: "hot", unit, figures: [figure("ringpool", 2, percentiles)] }]);

  test("of throughput have a bar a contestant, the limits hatched", () => {
    const plot = draw(BURST);
    expect(plot).toContain("<title");
    expect(plot).toContain("requests a second: bare queue 10 M, ringpool 2 M, postMessage");
    expect(count(plot, "bar colour-0")).toBe(2);
    expect(count(plot, "bar muted")).toBe(3);
    expect(count(plot, "bar muted limit")).toBe(2);
  });

  test("of latency have the percentiles from 50 to 99.9, in one unit of time", () => {
    expect(draw(curves("us"))).toContain("ringpool 2 µs at 50, 9 µs at 99, 40 µs at 99.9.");
    expect(draw(curves("ms"))).toContain("ringpool 2 ms at 50");
    expect(draw(curves("% of a core"))).toBeUndefined();
  });

  test("of speed-up by grain have a line at 1", () => {
    const cases = ["1 us", "10 us"].map((name, i) => ({
      name,
      unit: "times a plain loop",
      figures: [figure("ringpool", 0.9 + i), figure("piscina", 0.1)],
    }));
    const plot = draw(resultOf("grain", cases));
    expect(plot).toContain("ringpool 0.9 at 1 us, 1.9 at 10 us; piscina 0.1 at 1 us, 0.1 at 10 us");
    expect(count(plot, "reference")).toBe(2);
  });

  test("of scaling put the workers in the order of their number", () => {
    const cases = ["64", "2"].map((name) => ({
      name,
      unit: "requests a second",
      figures: [figure("ringpool", 1e6 + Number(name))],
    }));
    expect(draw(resultOf("workers", cases))).toContain("ringpool 1 M at 2, 1 M at 64");
  });

  test("are not drawn of other questions, nor of nothing", () => {
    const idle = { name: "2 workers", unit: "% of a core", figures: [figure("ringpool", 0.01)] };
    expect(draw(resultOf("idle", [idle]))).toBeUndefined();
    for (const name of ["burst", "grain", "workers", "latency"])
      expect(draw(resultOf(name, []))).toBeUndefined();
  });

  test("escape the words of a result", () => {
    const plot = draw({ ...BURST, title: 'a < b & "c"' });
    expect(plot).toContain("a &lt; b &amp; &quot;c&quot;");
    expect(plot).not.toContain("a < b");
  });
});

describe("documents", () => {
  test("embed the plots that were drawn", () => {
    const { readme, performance, plots } = generate([BURST], EMPTY);
    expect([...plots.keys()]).toEqual(["burst-number.svg"]);
    expect(readme).toContain("![How good is burst-number?](docs/plots/burst-number.svg)");
    expect(performance).toContain("![How good is burst-number?](plots/burst-number.svg)");
    expect(readme).toStartWith("# A\n\n<!-- figures: begin -->\n\n| question |");
    expect(readme).toEndWith("<!-- figures: end -->\n\nB\n");
    expect(readme).not.toContain("old");
  });

  test("stay the same when they are generated again", () => {
    const once = generate([BURST], EMPTY);
    const again = generate([BURST], once);
    expect(again).toEqual(once);
    expect(generate([], generate([], EMPTY))).toEqual(generate([], EMPTY));
  });

  test("without the markers are refused", () => {
    expect(() => withSection("no markers", "figures", "x")).toThrow("section=figures");
  });
});

test("results are read in the order of their names, and none from a missing folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ringpool-"));
  try {
    for (const name of ["idle", "burst"])
      await writeFile(join(folder, `${name}.json`), JSON.stringify(resultOf(name, [])));
    await writeFile(join(folder, "notes.txt"), "not a result");
    const names = (await readResults(folder)).map(({ name }) => name);
    expect(names).toEqual(["burst", "idle"]);
    expect(await readResults(join(folder, "missing"))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("axes and numbers", () => {
  test("end at round numbers", () => {
    const labels = (max: number): string[] =>
      linearAxis("", max, String).ticks.map(({ label }) => label);
    expect(labels(1.9)).toEqual(["0", "0.5", "1", "1.5", "2"]);
    expect(labels(2)).toEqual(["0", "0.5", "1", "1.5", "2"]);
    expect(labels(0).length).toBeGreaterThan(1);
    expect(logAxis("", [3, 70], String).ticks.map(({ label }) => label)).toEqual([
      "1",
      "2",
      "5",
      "10",
      "20",
      "50",
      "100",
    ]);
  });

  test("stretch rare percentiles", () => {
    const { at } = percentileAxis("");
    expect(at(50)).toBe(0);
    expect(at(99.9)).toBeCloseTo(1);
    expect(at(99.9) - at(99)).toBeCloseTo(at(99) - at(90));
  });

  test("are written with three digits", () => {
    expect([0, 0.01234, 5, 123.4, 1_940_000, Number.NaN].map(readable)).toEqual([
      "0",
      "0.0123",
      "5.00",
      "123",
      "1,940,000",
      "—",
    ]);
    expect([940, 19_400, 1_940_000].map(short)).toEqual(["940", "19.4 k", "1.94 M"]);
    expect([2, 1500, 2e6, 3e9].map(duration)).toEqual(["2 ns", "1.5 µs", "2 ms", "3 s"]);
  });

  test("labels keep their distance, their order and the foot", () => {
    expect(spreadOut([10, 12, 50], 14, 100)).toEqual([10, 24, 50]);
    expect(spreadOut([99, 98], 14, 100)).toEqual([100, 86]);
  });
});
