/** An end that is no kill: the thread ends by itself, and what callables have written arrives before. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SCRIPT_TEST_MS, reportOf, runScript } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const ways = ["close", "using", "dismissal", "recycling", "shrinking"];
const fixture = join(import.meta.dir, "fixtures/orderly-end.ts");
let temporary = "";

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "ringpool-end-"));
});

afterAll(() => rm(temporary, { recursive: true }));

describe("a megabyte that a callable has written arrives, whose reader begins only when the worker ends", () => {
  test.each(
    ways.flatMap((way) =>
      ["stdout", "stderr", "stdout with leftovers"].map((what) => [way, what] as const),
    ),
  )("%s: %s", async (way, what) => {
    const gate = join(temporary, `${way} ${what}`);
    const redirected = what === "stderr" ? "2>&1 >/dev/null" : "";
    // The reader waits until the script opens the gate, which it does just before the end of the worker.
    const script = `mkfifo "$4"; "$0" "$1" "$2" "$3" "$4" ${redirected} | { read -r _ < "$4"; cat; }`;
    const child = Bun.spawn(["sh", "-c", script, process.execPath, fixture, way, what, gate], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    const [written, errors] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    expect({ bytes: written.length, last: written.slice(-5), errors }).toEqual({
      bytes: 1_000_004,
      last: "xEND\n",
      errors: "",
    });
  });
});

describe("the event loop of the worker runs empty, and nothing stops native code halfway", () => {
  test.each(ways)("%s", async (way) => {
    expect(await reportOf("orderly-end.ts", way, "natural")).toBe("set");
  });
});

describe("a worker whose callables have left something behind ends for the parent at once", () => {
  test.each(ways)("%s, although no thread may be ended by force", async (way) => {
    expect(await reportOf("orderly-end.ts", way, "leftovers")).toBe("ended");
  });
});

test("the end of a worker is heard of whose callable has removed all listeners of exit", async () => {
  expect(await reportOf("orderly-end.ts", "using", "no exit listeners")).toBe("ended");
});

test("what a recycled worker has left behind harms no successor, by reports or by errors", async () => {
  const { lines, exitCode, stderr } = await runScript("orderly-end.ts", "successor");
  expect({ lines, exitCode }).toEqual({
    lines: [{ results: [7, 7], refused: "set", ended: "set", deaths: [] }],
    exitCode: 0,
  });
  expect(stderr).toContain("Worker 1 ends: an error outside any request was not caught.");
});
