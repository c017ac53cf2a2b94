import { expect, test } from "bun:test";
import { join } from "node:path";

interface Ended {
  readonly exitCode: number | null;
  readonly signal: string | number | null;
  readonly stderr: string;
}

async function hang(how: string): Promise<Ended> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "fixtures/hanging.ts"), how], {
    stdout: "ignore",
    stderr: "pipe",
  });
  const [stderr] = await Promise.all([child.stderr.text(), child.exited]);
  return { exitCode: child.exitCode, signal: child.signalCode, stderr };
}

test("a storm that is blocked for good is freed and told so, after a picture of the queue", async () => {
  const { exitCode, stderr } = await hang("blocked");
  expect(stderr).toContain("The storm hangs");
  expect(stderr).toContain("slot 0, worker 1: gate OPEN, awake");
  expect(stderr).toContain("last claimed [0]");
  expect(stderr).toContain("Nothing has been settled for long");
  expect(exitCode).toBe(1);
});

test("a storm that can be freed by nothing is ended, after a picture of the queue", async () => {
  const { signal, stderr } = await hang("busy");
  expect(stderr).toContain("slot 0, worker 1: gate OPEN, awake");
  expect(stderr).toContain("does not answer");
  expect(signal).toBe("SIGKILL");
});
