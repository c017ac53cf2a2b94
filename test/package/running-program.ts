/** A program that goes on running, such as one under `bun --hot`, and what it prints, line by line. */
import type { Project } from "./project.ts";

export class RunningProgram implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #lines: AsyncGenerator<string, void>;
  readonly #stderr: Promise<string>;

  /** Starts Bun in the project's folder. */
  constructor(project: Project, ...args: readonly string[]) {
    this.#child = Bun.spawn([process.execPath, ...args], {
      cwd: project.folder,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#lines = linesOf(this.#child.stdout);
    this.#stderr = new Response(this.#child.stderr).text();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The next line of JSON that the program prints. Throws when it ends before. */
  async next(): Promise<Record<string, unknown>> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`The program has ended: ${await this.#stderr}`);
      if (value.startsWith("{")) return JSON.parse(value) as Record<string, unknown>;
    }
  }

  /** Ends the program, and returns what it has written to standard error. */
  async end(): Promise<string> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    return this.#stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = parts.pop() as string;
    yield* parts;
  }
}
