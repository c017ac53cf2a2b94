/** Runs the command as a process of its own, in a temporary folder with the modules of `fixtures`. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";

const MAIN = join(import.meta.dir, "../../src/cli/main.ts");
/** A process that takes longer hangs. */
const LONGEST_MS = 60_000;
/** For `setDefaultTimeout`. */
export const COMMAND_TEST_MS: number = LONGEST_MS + 10_000;

/** How a command ended, and what it printed. */
export interface Ended {
  readonly exitCode: number;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Beside the words of the command. */
export interface StartOptions {
  /** Standard input. Nothing when left out. */
  readonly input?: string;
  /** Whether standard input is a pipe that the test writes by hand. */
  readonly isPiped?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

type Child = Subprocess<"pipe" | "ignore" | Blob, "pipe", "pipe">;

/** A command that runs. */
export class RunningCommand {
  readonly child: Child;
  stdout = "";
  stderr = "";
  readonly #read: Promise<unknown>;
  #onText: () => void = () => {};

  constructor(child: Child) {
    this.child = child;
    this.#read = Promise.all([
      this.#take(child.stdout, (text) => (this.stdout += text)),
      this.#take(child.stderr, (text) => (this.stderr += text)),
    ]);
  }

  async #take(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      add(decoder.decode(chunk, { stream: true }));
      this.#onText();
    }
    this.#onText();
  }

  /** Resolves when what was printed so far passes a check. Rejects when the command ends before. */
  async printed(check: (command: this) => boolean): Promise<void> {
    const ended = this.#read.then(() => "ended" as const);
    while (!check(this)) {
      const text = new Promise<void>((resolve) => (this.#onText = resolve));
      if ((await Promise.race([text, ended])) === "ended" && !check(this))
        throw new Error(
          `The command has ended before: stdout=${this.stdout} stderr=${this.stderr}`,
        );
    }
  }

  async ended(): Promise<Ended> {
    await this.#read;
    const exitCode = await this.child.exited;
    return { exitCode, lines: linesOf(this.stdout), stderr: this.stderr };
  }
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** A folder to run commands in. */
export class CommandFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes a folder whose name has a space, a `#` and letters beyond ASCII. */
  static async create(): Promise<CommandFolder> {
    const path = await mkdtemp(join(tmpdir(), "ringpool cli é #"));
    await cp(join(import.meta.dir, "fixtures"), path, { recursive: true });
    return new CommandFolder(path);
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.path, name), text);
  }

  text(name: string): Promise<string> {
    return Bun.file(join(this.path, name)).text();
  }

  start(
    words: readonly string[],
    { input, isPiped = false, env = {} }: StartOptions = {},
  ): RunningCommand {
    const stdin = isPiped ? "pipe" : input === undefined ? "ignore" : new Blob([input]);
    return new RunningCommand(
      Bun.spawn<"pipe" | "ignore" | Blob, "pipe", "pipe">([process.execPath, MAIN, ...words], {
        cwd: this.path,
        env: { ...process.env, ...env },
        stdin,
        stdout: "pipe",
        stderr: "pipe",
        timeout: LONGEST_MS,
        killSignal: "SIGKILL",
      }),
    );
  }

  /** Runs `ringpool` with these words until it ends. */
  ringpool(words: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return this.start(words, options).ended();
  }

  /** Runs `ringpool run` with these words until it ends. */
  run(...words: readonly string[]): Promise<Ended> {
    return this.ringpool(["run", ...words]);
  }

  /** The command line that starts the command in a shell of this folder. */
  get shellWords(): string {
    return `'${process.execPath}' '${MAIN}'`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}
