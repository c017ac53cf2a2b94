import { describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case, Figure, Result } from "../bench/result.ts";
import { TARGETS, isMet, read } from "../bench/targets.ts";
import { draw } from "../scripts/plots/draw.ts";
import {
  absentRivals,
  bestOther,
  breakEvenTable,
  figuresTable,
  lostCases,
} from "../scripts/plots/figures-table.ts";
import { firstMillisecondsTable } from "../scripts/plots/first-milliseconds-table.ts";
import { generate } from "../scripts/plots/generate.ts";
import { spreadOut } from "../scripts/plots/lines.ts";
import { machineLines } from "../scripts/plots/machine.ts";
import { withSection } from "../scripts/plots/markdown.ts";
import { bytes, duration, isMoreBetter, readable, short } from "../scripts/plots/number.ts";
import { filesIn, readResults } from "../scripts/plots/results.ts";
import { failuresTable, targetsTable } from "../scripts/plots/targets-table.ts";

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
    figure("batched by hand", 250),
    figure("one message each", 2000),
    figure("piscina", 100_000),
    figure("bare queue", 100),
  ],
};
const BURST: Result = {
  ...resultOf("burst-number", [NUMBERS]),
  failures: [{ contestant: "threads", case: "64 KB", error: "Error: a <b> | c\n    at d" }],
  targets: [
    { id: "high", measured: 4 },
    { id: "low", measured: 4 },
  ],
};
const BURST_TARGETS = read(`# Targets

| id | question | what | before | target |
| --- | --- | --- | --- | --- |
| high | burst-number | Times batched | 0.5 | at least 6 × |
| low | burst-number | As a multiple of batched | 2 to 3 | at most 4 × |
| memory | memory | Memory | 34 | at most 8 MB |
| later | burst-number | Something new | — | at least 1 × |
`);
const EMPTY = {
  choosing: ["break-even", "costs"]
    .map((name) => `<!-- ${name}: begin -->\n<!-- ${name}: end -->\n`)
    .join(""),
  readme: "# A\n\n<!-- figures: begin -->\nold\n<!-- figures: end -->\n\nB\n",
  performance: ["targets", "lost", "absent", "figures", "start", "plots"]
    .map((name) => `<!-- ${name}: begin -->\n<!-- ${name}: end -->\n`)
    .join(""),
};

/** How often a plot has a piece of markup. */
function count(plot: string | undefined, markup: string): number {
  return (plot?.split(markup).length ?? 1) - 1;
}

describe("what is made from the results", () => {
  const made = async () => {
    const documents = {
      readme: await readFile(join(root, "README.md"), "utf8"),
      choosing: await readFile(join(root, "docs/choosing.md"), "utf8"),
      performance: await readFile(join(root, "docs/performance.md"), "utf8"),
    };
    const results = await readResults(join(root, "bench/results"));
    return { documents, generated: generate(results, TARGETS.values(), documents) };
  };

  test("is what README.md says", async () => {
    const { documents, generated } = await made();
    expect(documents.readme, OUTDATED).toBe(generated.readme);
  });

  test("is what docs/choosing.md says", async () => {
    const { documents, generated } = await made();
    expect(documents.choosing, OUTDATED).toBe(generated.choosing);
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
  test("compares with both pools by hand, and with the best of the others, which no limit is", () => {
    expect(figuresTable([BURST]).split("\n").slice(2)).toEqual([
      "| How good is burst-number? | number, 1 worker | 500 ns a request | 250 | 0.500 × | 2,000 | 4.00 × | piscina: 100,000 |",
    ]);
  });

  test("has the ratio of the rounds where the rival was the first one", () => {
    const ratio = { median: 0.7, from: 0.6, to: 0.8 };
    const figures = NUMBERS.figures.map((one) =>
      one.contestant === "ringpool" ? { ...one, ratio } : one,
    );
    const one = { ...NUMBERS, rival: "batched by hand", figures };
    expect(figuresTable([resultOf("burst", [one])])).toContain(
      "| 250 | 0.700 × | 2,000 | 4.00 × |",
    );
  });

  test("takes more for better where the unit says so", () => {
    const figures = [figure("ringpool", 2), figure("piscina", 1), figure("tinypool", 1.5)];
    expect(bestOther({ name: "1 ms", unit: "speed-up", figures })?.contestant).toBe("tinypool");
    expect(bestOther({ name: "1 ms", unit: "ms", figures })?.contestant).toBe("piscina");
    const own = [figure("ringpool", 2), figure("ringpool, callbacks", 1), figure("piscina", 3)];
    expect(bestOther({ name: "2 workers", unit: "ms", figures: own })?.contestant).toBe("piscina");
    expect(isMoreBetter({ unit: "requests a second" })).toBe(true);
    expect(isMoreBetter({ unit: "ns a request" })).toBe(false);
  });

  test("has its header alone when nothing was measured", () => {
    expect(figuresTable([]).split("\n").length).toBe(2);
    expect(machineLines([])).toEqual([]);
  });

  test("has dashes for contestants that were not measured", () => {
    const figures = [{ contestant: "ringpool", median: null, from: null, to: null }];
    const one = { name: "a", unit: "ms", figures } as unknown as Case;
    expect(figuresTable([resultOf("b", [one])])).toEndWith("| a | — | — | — | — | — | — |");
  });
});

describe("the cases that a pool by hand wins", () => {
  const caseWith = (name: string, own: number, unit = "ns a request"): Case => ({
    name,
    unit,
    figures: [figure("ringpool", own), figure("batched by hand", 100)],
  });

  test("are listed, the worst first", () => {
    const cases = [caseWith("a", 125), caseWith("b", 50), caseWith("c", 200)];
    expect(lostCases([resultOf("x", cases)])).toBe(
      "- How good is x?, c: batched by hand, 0.500 ×\n- How good is x?, a: batched by hand, 0.800 ×",
    );
  });

  test("are those with less where more is better", () => {
    const cases = [caseWith("a", 125, "requests a second"), caseWith("b", 50, "requests a second")];
    expect(lostCases([resultOf("x", cases)])).toBe("- How good is x?, b: batched by hand, 0.500 ×");
  });

  test("name the better of the two, where one was not measured the other", () => {
    const figures = [figure("ringpool", 400), figure("one message each", 100)];
    const both = [...figures, figure("batched by hand", 200)];
    const cases = [
      { name: "a", unit: "ms", figures },
      { name: "b", unit: "ms", figures: both },
    ];
    expect(lostCases([resultOf("x", cases)]).split("\n")).toEqual([
      "- How good is x?, a: one message each, 0.250 ×",
      "- How good is x?, b: one message each, 0.250 ×",
    ]);
  });

  test("are none where there are none", () => {
    expect(lostCases([resultOf("x", [caseWith("a", 50)])])).toBe("None in these results.");
  });
});

test("the table of the first milliseconds has time and CPU time of each part", () => {
  const part = "program: the import";
  const cases = [
    { name: part, unit: "ms", figures: [figure("ringpool", 2), figure("ringpool, before", 19)] },
    { name: `${part}, CPU`, unit: "ms", figures: [figure("ringpool", 1.5)] },
  ];
  const rows = firstMillisecondsTable(resultOf("first-milliseconds", cases)).split("\n");
  expect(rows[2]).toBe(`| ${part} | 19.0, — | 2.0, 1.5 | —, — | —, — | —, — |`);
});

test("where a rival is absent is a list with the titles of the questions, and the reasons", () => {
  const absences = [
    { question: "x", who: ["a", "b"], why: "They cannot." },
    { question: "y", cases: "alone", who: ["a"], why: "It cannot." },
  ];
  expect(absentRivals(absences, [resultOf("x", [])])).toBe(
    "- How good is x?: without a and b. They cannot.\n- y, alone: without a. It cannot.",
  );
});

test("the table of the break-even has both ways, and dashes for what was not measured", () => {
  const grain = (name: string, lengths: readonly string[], median: number): Result =>
    resultOf(
      name,
      lengths.map((length) => ({ name: length, unit: "x", figures: [figure("ringpool", median)] })),
    );
  const table = breakEvenTable([
    grain("grain", ["1 us", "1 ms"], 0.5),
    grain("map-grain", ["1 us"], 1.5),
  ]);
  expect(table.split("\n").slice(2)).toEqual(["| 1 us | 0.500 | 1.50 |", "| 1 ms | 0.500 | — |"]);
});

describe("the table of targets", () => {
  test("has what was measured before and now, met or missed, and what was not measured", () => {
    const rows = targetsTable(BURST_TARGETS.values(), [BURST]).split("\n").slice(2);
    expect(rows).toEqual([
      "| Times batched | 0.5 | at least 6 × | 4.00 × | **missed** |",
      "| As a multiple of batched | 2 to 3 | at most 4 × | 4.00 × | met |",
      "| Memory | 34 | at most 8 MB | — | not measured yet |",
      "| Something new | — | at least 1 × | — | not measured yet |",
    ]);
  });

  test("has no figure that could not be measured", () => {
    const targets = [{ id: "high", measured: null }] as unknown as Result["targets"];
    expect(targetsTable(BURST_TARGETS.values(), [{ ...BURST, targets }])).toContain(
      "| at least 6 × | — | not measured yet |",
    );
  });

  test("names questions that exist", async () => {
    const questions = await filesIn(join(root, "bench/questions"));
    expect(TARGETS.size).toBeGreaterThan(40);
    for (const { question, id } of TARGETS.values())
      expect(questions, id).toContain(`${question}.ts`);
  });

  test("refuses a target that it cannot read", () => {
    const target = { id: "a", question: "b", text: "c", before: "d", target: "fast" };
    expect(() => isMet(target, 1)).toThrow("id=a target=fast");
    for (const one of TARGETS.values()) expect(typeof isMet(one, 1)).toBe("boolean");
  });
});

test("contestants that could not take part are told with the first line of their error", () => {
  expect(failuresTable([BURST]).split("\n").slice(2)).toEqual([
    "| How good is burst-number? | 64 KB | threads | Error: a &lt;b> \\| c |",
  ]);
  expect(failuresTable([])).toBe("");
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

  test("of throughput have a bar a contestant, the limits dashed", () => {
    const plot = draw(BURST);
    expect(plot).toContain('<title id="title">How good is burst-number?</title>');
    expect(plot).toContain("requests a second: bare queue 10 M, batched by hand 4 M, ringpool 2 M");
    expect(count(plot, "<rect ")).toBe(1 + NUMBERS.figures.length);
    expect(count(plot, "stroke-dasharray")).toBe(1);
    expect(count(plot, "Dashed: a limit")).toBe(2);
  });

  test("of costs have the shortest bar on top", () => {
    const figures = [figure("ringpool", 50), figure("bare workers", 3)];
    const plot = draw(resultOf("first-result", [{ name: "1 request", unit: "ms", figures }]));
    expect(plot).toContain("1 request, ms: bare workers 3.00, ringpool 50.0.");
    expect(plot).toContain("Shorter is better.");
  });

  test("of latency have the percentiles from 50 to 99.9, in one unit of time", () => {
    expect(draw(curves("us"))).toContain("ringpool 2 µs at 50, 9 µs at 99, 40 µs at 99.9.");
    expect(draw(curves("ms"))).toContain("ringpool 2 ms at 50");
  });

  test("of speed-up by grain have a line at 1", () => {
    const cases = ["1 us", "10 us"].map((name, i) => ({
      name,
      unit: "times a plain loop",
      figures: [figure("ringpool", 0.9 + i), figure("piscina", 0.1)],
    }));
    const plot = draw(resultOf("grain", cases));
    expect(plot).toContain("ringpool 0.9 at 1 us, 1.9 at 10 us; piscina 0.1 at 1 us, 0.1 at 10 us");
    expect(count(plot, 'stroke-dasharray="2 3"')).toBe(1);
  });

  test("of scaling put the workers in the order of their number", () => {
    const cases = ["64", "2"].map((name) => ({
      name: `${name} workers`,
      unit: "requests a second",
      figures: [figure("ringpool", 1e6 + Number(name))],
    }));
    expect(draw(resultOf("workers", cases))).toContain("ringpool 1 M at 2, 1 M at 64");
  });

  test("of the first requests have a panel for each kind of value, and the time of one request", () => {
    const cases = ["1,000 numbers", "10,000 numbers", "1,000 small objects"].map((name) => ({
      name,
      unit: "ms",
      figures: [figure("ringpool", 50)],
    }));
    const plot = draw(resultOf("first-requests", cases));
    expect(plot).toContain("numbers: ringpool 50 µs at 1 k, 5 µs at 10 k.");
    expect(plot).toContain("small objects: ringpool 50 µs at 1 k.");
  });

  test("of bytes have a panel for each way, and bytes a second", () => {
    const cases = ["4 KiB, in turn", "1 MiB, in turn", "4 KiB, alone"].map((name) => ({
      name,
      unit: "us an array",
      figures: [figure("ringpool", 4.096)],
    }));
    const plot = draw(resultOf("bytes", cases));
    expect(plot).toContain("in turn: ringpool 1 G at 4 KiB, 256 G at 1 MiB.");
    expect(plot).toContain("alone: ringpool 1 G at 4 KiB.");
  });

  test("are not drawn of the idle, nor of nothing", () => {
    const idle = { name: "2 workers", unit: "% of a core", figures: [figure("ringpool", 0.01)] };
    expect(draw(resultOf("idle", [idle]))).toBeUndefined();
    for (const name of ["burst", "grain", "workers", "latency", "first-requests", "bytes"])
      expect(draw(resultOf(name, []))).toBeUndefined();
  });

  test("are the same each time, and have text as text in the colours of both schemes", () => {
    const plot = draw(BURST);
    expect(draw(BURST)).toBe(plot as string);
    expect(plot).toContain(">batched by hand</text>");
    expect(plot).toContain("@media(prefers-color-scheme:dark)");
    expect(plot).not.toMatch(/undefined|NaN/);
  });

  test("break a long note into lines that fit", () => {
    const cases = ["1 us", "10 us"].map((name) => ({
      name,
      unit: "x a plain loop",
      figures: [figure("ringpool", 1), figure("a share a worker", 2)],
    }));
    expect(count(draw(resultOf("grain", cases)), 'class="faint" y="60" x="16"')).toBe(1);
  });

  test("escape the words of a result", () => {
    const plot = draw({ ...BURST, title: 'a < b & "c"' });
    expect(plot).toContain('a &lt; b &amp; "c"');
    expect(plot).not.toContain("a < b");
  });
});

describe("documents", () => {
  test("embed the plots that were drawn", () => {
    const { readme, performance, plots } = generate([BURST], BURST_TARGETS.values(), EMPTY);
    expect([...plots.keys()]).toEqual(["burst-number.svg"]);
    expect(readme).toContain("![How good is burst-number?](docs/plots/burst-number.svg)");
    expect(performance).toContain("![How good is burst-number?](plots/burst-number.svg)");
    expect(readme).toStartWith("# A\n\n<!-- figures: begin -->\n\n![How good");
    expect(performance).toContain("| Times batched | 0.5 | at least 6 × | 4.00 × | **missed** |");
    expect(performance).toContain(
      "- How good is burst-number?, number, 1 worker: batched by hand, 0.500 ×",
    );
    expect(readme).toEndWith("<!-- figures: end -->\n\nB\n");
    expect(readme).not.toContain("old");
  });

  test("stay the same when they are generated again", () => {
    const once = generate([BURST], BURST_TARGETS.values(), EMPTY);
    const again = generate([BURST], BURST_TARGETS.values(), once);
    expect(again).toEqual(once);
    const empty = generate([], [], EMPTY);
    expect(generate([], [], empty)).toEqual(empty);
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

describe("numbers", () => {
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
    expect([4096, 1 << 26].map(bytes)).toEqual(["4 KiB", "64 MiB"]);
    expect([2, 1500, 2e6, 3e9].map(duration)).toEqual(["2 ns", "1.5 µs", "2 ms", "3 s"]);
  });

  test("labels keep their distance, their order and the foot", () => {
    expect(spreadOut([10, 12, 50], 14, 100)).toEqual([10, 24, 50]);
    expect(spreadOut([99, 98], 14, 100)).toEqual([100, 86]);
  });
});
