/** Runs a program of a few modules, given as text, as a process of its own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LONGEST_MS = 30_000;
const ENTRY = Bun.resolveSync("../../src/index.ts", import.meta.dir);

/** How a program ended, and what it has printed. */
export interface Ended {
  readonly exitCode: number | null;
  readonly lines: readonly string[];
  /** What it has printed, as it is. */
  readonly stdout: string;
  readonly stderr: string;
  /** The folder that its modules had. It is gone. */
  readonly folder: string;
}

/**
 * Runs a program on Bun.
 *
 * @param modules the source of each module by its file name; the first is the main module. `ringpool` stands for the
 *   package's entry, `ringpool/worker` for that of the worker
 * @param args the arguments of the program
 */
export async function runProgram(
  modules: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "ringpool-main-"));
  try {
    for (const [name, source] of Object.entries(modules))
      writeFileSync(
        join(folder, name),
        source
          .replaceAll('"ringpool"', JSON.stringify(ENTRY))
          .replaceAll(
            '"ringpool/worker"',
            JSON.stringify(ENTRY.replace("index.ts", "worker/index.ts")),
          ),
      );
    const [main = ""] = Object.keys(modules);
    const child = Bun.spawn([process.execPath, join(folder, main), ...args], {
      cwd: folder,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: LONGEST_MS,
      killSignal: "SIGKILL",
    });
    const [stdout, stderr] = await Promise.all([
      slowly(child.stdout),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    const lines = stdout.split("\n").filter((line) => line !== "");
    return { exitCode: child.exitCode, lines, stdout, stderr, folder };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads a stream to its end, one piece after each turn of the event loop: it takes many turns to empty a full pipe. */
async function slowly(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of stream) {
    text += decoder.decode(piece, { stream: true });
    await Bun.sleep(2);
  }
  return text;
}
