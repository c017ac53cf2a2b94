import { join } from "node:path";
import type { MachineOptions } from "../../src/cluster/index.ts";

/** A process that prints a line when it is ready. */
export interface ReadyProcess {
  readonly line: string;
  readonly child: Bun.Subprocess;
}

export function startMachine(options: Omit<MachineOptions, "registry">): Promise<ReadyProcess> {
  return start("machine.ts", JSON.stringify(options));
}

export function startBareWorker(url: string): Promise<ReadyProcess> {
  return start("bare-worker.ts", url);
}

export async function end({ child }: ReadyProcess): Promise<void> {
  child.kill("SIGKILL");
  await child.exited;
}

async function start(script: string, argument: string): Promise<ReadyProcess> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, script), argument], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
  });
  let text = "";
  for await (const bytes of child.stdout) {
    text += new TextDecoder().decode(bytes);
    if (text.includes("\n")) return { line: text.trim(), child };
  }
  throw new Error(`The process has ended before it was ready: script=${script}`);
}
