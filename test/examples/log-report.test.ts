import { afterAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runExample, runOnTerminal } from "./run-example.ts";

const folder = await mkdtemp(join(tmpdir(), "ringpool log ä "));
afterAll(() => rm(folder, { recursive: true }));

/** What the example says of a log of that text. */
async function reportOf(text: string, range: number = 8_000_000): Promise<string> {
  const file = join(folder, "some.jsonl");
  await Bun.write(file, text);
  const { exitCode, stdout, stderr } = await runExample("log-report.ts", `--range=${range}`, file);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

const line = (route: string, status: number, ms: number): string =>
  JSON.stringify({ route, status, ms });

const HEADING = "requests  errors    p50 ms    p99 ms  route\n";
const LOG = [
  line("/basket", 200, 1),
  line("/", 503, 10),
  "",
  "no JSON",
  '{"route":1,"status":200,"ms":1}',
  "null",
  ...Array.from({ length: 99 }, () => line("/grüße/日本", 200, 20)),
  line("/grüße/日本", 500, 500),
].join("\n");

test("requests and errors are counted by route, and times are at most 5 % too long", async () => {
  const [counts, heading, ...rows] = (await reportOf(LOG)).trim().split("\n");
  expect(counts).toBe("lines: 105, not understood: 3");
  expect(`${heading}\n`).toBe(HEADING);
  const cells = rows.map((row) => row.trim().split(/ +/));
  expect(cells.map(([requests, errors, , , route]) => [route, requests, errors])).toEqual([
    ["/grüße/日本", "100", "1"],
    ["/", "1", "1"],
    ["/basket", "1", "0"],
  ]);
  const times = cells.map(([, , p50, p99]) => [Number(p50), Number(p99)]);
  for (const [index, expected] of [20, 10, 1].entries()) {
    for (const time of times[index] as number[]) {
      expect(time).toBeGreaterThanOrEqual(expected);
      expect(time).toBeLessThanOrEqual(expected * 1.051);
    }
  }
});

describe("a log is understood the same way however it is cut", () => {
  test.each([
    ["as it is", LOG],
    ["with a newline at its end", `${LOG}\n`],
    ["with the newlines of Windows", LOG.replaceAll("\n", "\r\n")],
    ["of one line", line("/", 200, 5)],
    ["of short lines", "1\n2\n\n\n3\n"],
  ])("%s", async (_, text) => {
    const whole = await reportOf(text);
    // 1 and 7 bytes cut every line, and letters within it.
    for (const range of text.length > 1000 ? [70, 333] : [1, 7]) {
      expect(await reportOf(text, range)).toBe(whole);
    }
  });
});

test("an empty log has no routes", async () => {
  expect(await reportOf("")).toBe(`lines: 0, not understood: 0\n${HEADING}`);
});

test("a line that is longer than what is read at a time is one line", async () => {
  const long = line(`/${"x".repeat(200_000)}`, 200, 5);
  expect(await reportOf(`${line("/", 200, 5)}\n${long}\n${long}`, 100_000)).toStartWith(
    "lines: 3, not understood: 0\n",
  );
});

test("a log can be made, and a terminal shows how far the report has come", async () => {
  const file = join(folder, "made.jsonl");
  const made = await runExample("log-report.ts", "--make", "20000", file);
  expect(made).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  const { exitCode, screen } = await runOnTerminal(100, "log-report.ts", "--range=50000", file);
  expect(exitCode).toBe(0);
  expect(screen).toContain("100 %");
  expect(screen).toContain("lines: 20000, not understood: 0");
});

test("a file that is not there gives a sentence and exit code 1", async () => {
  const file = join(folder, "missing.jsonl");
  const { exitCode, stdout, stderr } = await runExample("log-report.ts", file);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toContain("ENOENT");
});

test.each([
  ["no file", []],
  ["two files", ["a", "b"]],
  ["a range that is no number", ["--range=x", "a"]],
  ["no lines to make", ["--make=0", "a"]],
  ["an unknown option", ["--fast", "a"]],
])("%s gives the usage and exit code 2", async (_, args) => {
  const { exitCode, stderr } = await runExample("log-report.ts", ...args);
  expect({ exitCode, usage: stderr.split("\n")[0] }).toEqual({
    exitCode: 2,
    usage: "Usage: bun examples/log-report.ts [--range BYTES] FILE",
  });
});
