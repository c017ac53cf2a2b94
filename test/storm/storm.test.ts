/**
 * The storm in three settings, each as a process of its own for 20 seconds. Other seeds each time,
 * printed when something goes wrong; the command that is printed takes that one,
 * `STORM_SEED=… bun run test storm` the same three.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { StormReport } from "./storm.ts";

const SECONDS = 20;
/** A storm that is still there then does not even notice that it hangs. */
const LONGEST_MS = 75_000;
setDefaultTimeout(LONGEST_MS + 5000);

const seed = Number(process.env["STORM_SEED"] ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const pinned = ["taskset", "-c", "0"];
const canPin = Bun.which("taskset") !== null;

interface Ended {
  /** The last line that was printed. */
  readonly report: StormReport;
  /** Everything else that was printed, to find out what happened. */
  readonly story: string;
}

async function storm(workers: number, before: readonly string[]): Promise<Ended> {
  // Each its own: the seed decides about the pool's options, too.
  const ownSeed = `${(seed + workers) >>> 0}`;
  const options = ["--seconds", `${SECONDS}`, "--seed", ownSeed, "--workers", `${workers}`];
  const command = [...before, process.execPath, join(import.meta.dir, "main.ts"), ...options];
  const child = Bun.spawn(command, {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: LONGEST_MS,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  const story = `${command.join(" ")}\nexitCode=${child.exitCode} signal=${child.signalCode}\n${stdout}\n${stderr}`;
  const last = stdout.trim().split("\n").at(-1) ?? "";
  if (!last.startsWith("{")) throw new Error(`The storm made no report: ${story}`);
  return { report: JSON.parse(last) as StormReport, story };
}

test.each([
  ["on the cores there are", 4, []],
  ["with 32 workers", 32, []],
  ...(canPin ? [["on one core", 3, pinned] as const] : []),
] as const)(
  "a pool settles each request once and loses nothing while its workers are killed, %s",
  async (_, workers, before) => {
    const { report, story } = await storm(workers, before);
    const { kills, settled, succeeded, stopped, failed, children, died, violations } = report;
    expect(violations, story).toEqual([]);
    expect(succeeded + stopped + failed + died.terminate + died.exit + died.uncaught, story).toBe(
      settled,
    );
    // A storm without much of each proves nothing.
    for (const kind of ["terminate", "exit", "uncaught"] as const) {
      expect(kills[kind], `${kind} ${story}`).toBeGreaterThan(5);
      expect(died[kind], `${kind} ${story}`).toBeGreaterThan(0);
    }
    expect(succeeded, story).toBeGreaterThan(100);
    expect(failed, story).toBeGreaterThan(0);
    expect(children.inPlace, story).toBeGreaterThan(100);
    expect(children.taken, story).toBeGreaterThan(0);
  },
);
