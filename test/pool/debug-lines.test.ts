/** What `RINGPOOL_DEBUG` prints: processes of their own, because it is read once. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** The lines that a process prints on standard error, without their times. */
async function linesWith(value: string | undefined): Promise<readonly string[]> {
  const { RINGPOOL_DEBUG: _, ...env } = process.env;
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "fixtures/debug-lines.ts")], {
    env: value === undefined ? env : { ...env, RINGPOOL_DEBUG: value },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
  return stderr.split("\n").filter((line) => line !== "");
}

function textsOf(lines: readonly string[]): string {
  return lines.map((line) => `${line.replace(/^\[ringpool \+\d+\.\d ms\] /, "")}\n`).join("");
}

describe("RINGPOOL_DEBUG", () => {
  test.each([undefined, "", "0", "false"])("prints nothing with the value %p", async (value) => {
    expect(await linesWith(value)).toEqual([]);
  });

  test.each(["1", "true"])(
    "prints the life of pools and workers with %p, and nothing of requests",
    async (value) => {
      const lines = await linesWith(value);
      for (const line of lines) expect(line).toMatch(/^\[ringpool \+\d+\.\d ms\] [\w\\]+: /);
      const times = lines.map((line) => Number(/\+([\d.]+) ms/.exec(line)?.[1]));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const texts = textsOf(lines);
      const name = "primes\\u000a";
      for (const text of [
        "the pool is created: workers=1",
        "worker 1 starts",
        "worker 2 starts: deaths before it=1 failed starts=0",
        "worker 2 is recycled: it has reached a limit",
        "worker 3 is dismissed",
        "close() waits for what is pending: pending=0 workers=0",
        "everything is delivered",
        "the pool is closed",
      ])
        expect(texts).toContain(`${name}: ${text}\n`);
      expect(texts).toMatch(/worker 1 is ready \d+\.\d ms after its start\n/);
      expect(texts).toMatch(/worker 1 died .*, requests=0: .*exitCode=3: .*process\.exit\(3\)/);
      expect(texts).toMatch(/worker 2 has ended .*, requests=2\n/);
      expect(texts).toContain("second: using waits for what is pending: pending=0 workers=0\n");
      expect(texts).toContain("third: terminate() ends all workers: pending=0 workers=0\n");
      expect(texts).not.toContain("request 1");
    },
  );

  test("prints each request too with the value requests", async () => {
    const texts = textsOf(await linesWith("requests"));
    expect(texts).toContain("the pool is created");
    expect(texts).toContain("request 1 put: exit\n");
    expect(texts).toMatch(
      /request 1 failed in worker 1: queued [\d.]+ ms, ran [\d.]+ ms: WorkerDied/,
    );
    expect(texts).toMatch(/request 2 failed in worker 2: .*: RangeError: no\\u000amore\n/);
    expect(texts).toMatch(
      /request 3 put: \(anonymous\)\n(?:.*\n)*?.*request 3 succeeded in worker 2/,
    );
    expect(texts).toMatch(/request 4 cancelled without a complete run: AbortError/);
    expect(texts).toMatch(/request 4 has stopped in worker 3: queued [\d.]+ ms, ran [\d.]+ ms\n/);
  });

  test("says which values there are, and takes 1 for another one", async () => {
    const [first = "", ...others] = await linesWith("on\n");
    expect(first).toBe(
      "RINGPOOL_DEBUG is 1 (pools and workers) or requests (each request too); 1 is taken: RINGPOOL_DEBUG=on\\u000a",
    );
    expect(textsOf(others)).toContain("the pool is created");
    expect(textsOf(others)).not.toContain("request 1");
  });
});
