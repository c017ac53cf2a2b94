/**
 * Runs a fixture as a process of its own: for what blocks (a test's timeout cannot fire meanwhile)
 * and for how a process ends.
 */
import { join } from "node:path";

/** A process that takes longer hangs. */
const LONGEST_MS = 60_000;
/** For `setDefaultTimeout`: enough for one process and the checks of its output. */
export const SCRIPT_TEST_MS: number = LONGEST_MS + 10_000;

/** How a process ended. */
export interface Ended {
  readonly exitCode: number | null;
  /** The signal that ended it: SIGKILL, when it hung. */
  readonly signal: string | number | null;
  readonly stderr: string;
  /** What it printed: each line as JSON, or as it is when it is not JSON. */
  readonly lines: readonly unknown[];
}

/** Runs a script on Bun until it ends, or kills it. A name alone is one of `fixtures`. */
export async function runScript(script: string | URL, ...args: readonly string[]): Promise<Ended> {
  const file =
    typeof script === "string"
      ? join(import.meta.dir, "fixtures", script)
      : Bun.fileURLToPath(script);
  const child = Bun.spawn([process.execPath, file, ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: LONGEST_MS,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return {
    exitCode: child.exitCode,
    signal: child.signalCode,
    stderr,
    lines: lines.map(parsed),
  };
}

/** Runs a script that has to end with code 0, print one line of JSON, and nothing to standard error. */
export async function reportOf(script: string | URL, ...args: readonly string[]): Promise<unknown> {
  const { exitCode, signal, stderr, lines } = await runScript(script, ...args);
  if (exitCode !== 0 || signal !== null || stderr !== "" || lines.length !== 1) {
    throw new Error(
      `The script did not report and end well: script=${String(script)} ${args.join(" ")} exitCode=${exitCode} ` +
        `signal=${signal} lines=${JSON.stringify(lines)} stderr=${stderr}`,
    );
  }
  return lines[0];
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return line;
  }
}
