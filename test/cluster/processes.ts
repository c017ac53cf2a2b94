/** Machines and producers as processes of their own, which tests kill, freeze and resume. */
import { join } from "node:path";
import type { ClusterPoolOptions, MachineOptions } from "../../src/cluster/index.ts";

const MACHINE = join(import.meta.dir, "fixtures/machine.ts");
const PRODUCER = join(import.meta.dir, "fixtures/producer.ts");

/** Short times, so that tests do not wait. */
export const QUICK: Pick<MachineOptions, "lockDurationMs" | "stallCheckMs"> = {
  lockDurationMs: 800,
  stallCheckMs: 300,
};

/** A process whose lines of output can be awaited. */
export class WatchedProcess implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #process: Bun.Subprocess<"ignore", "pipe", "ignore">;
  #wake: () => void = () => {};
  #isOver = false;

  constructor(script: string, orders: unknown) {
    this.#process = Bun.spawn([process.execPath, script, JSON.stringify(orders)], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    });
    void this.#read();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The exit code, when it has ended; null when a signal has ended it. */
  async exitCode(): Promise<number | null> {
    await this.#process.exited;
    return this.#process.exitCode;
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  /** Waits for a line. */
  async line(isWanted: (line: string) => boolean): Promise<string> {
    for (;;) {
      const found = this.lines.find(isWanted);
      if (found !== undefined) return found;
      if (this.#isOver) throw new Error(`It ended without such a line: ${this.lines.join(" | ")}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of this.#process.stdout) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      this.lines.push(...lines);
      this.#wake();
    }
    this.#isOver = true;
    this.#wake();
  }
}

/** Starts a machine. Resolves when it serves, with its id. */
export async function startMachine(
  options: Omit<MachineOptions, "registry"> & Pick<ClusterPoolOptions, "overdueMs">,
): Promise<WatchedProcess & { readonly id: string }> {
  const { overdueMs: _, ...ofMachine } = options;
  const machine = new WatchedProcess(MACHINE, { ...QUICK, threads: 1, ...ofMachine });
  const id = await machine.line(() => true);
  return Object.assign(machine, { id });
}

/** Starts a producer. */
export function startProducer(orders: {
  readonly options: ClusterPoolOptions;
  readonly callable: "echo" | "wait";
  readonly values: readonly number[];
}): WatchedProcess {
  return new WatchedProcess(PRODUCER, orders);
}
