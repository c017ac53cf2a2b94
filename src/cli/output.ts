import { process, Promise, setImmediate } from "../runtime/index.ts";

/** The lines are written when they are so long together, in characters, and otherwise when the event loop turns. */
const WRITE_LENGTH = 1 << 16;

/** The exit code of a command whose reader has gone: 128 and the number of SIGPIPE. */
export const READER_GONE = 141;

/** Standard output: writes lines in batches, and knows how much its reader has not taken yet. */
export class Output {
  /** Characters that are not written yet. */
  pending = 0;
  /** Why nothing can be written any more; undefined while that is not so. */
  failure: NodeJS.ErrnoException | undefined;
  readonly #onChange: () => void;
  readonly #beforeWrite: () => void;
  #onFlush: () => void = () => {};
  #batch = "";
  #isTimed = false;

  /**
   * @param onChange called when something was written, or never will be
   * @param beforeWrite called before each write
   */
  constructor(onChange: () => void, beforeWrite: () => void) {
    this.#onChange = onChange;
    this.#beforeWrite = beforeWrite;
    process.stdout.on("error", (error: NodeJS.ErrnoException) => this.#fail(error));
  }

  /** Whether the reader of the output has gone, as `head` does when it has its lines. */
  get isClosed(): boolean {
    return this.failure?.code === "EPIPE" || this.failure?.code === "EOF";
  }

  write(line: string): void {
    if (this.failure !== undefined) return;
    this.#batch += `${line}\n`;
    this.pending += line.length + 1;
    if (this.#batch.length >= WRITE_LENGTH) this.#send();
    else if (!this.#isTimed) {
      this.#isTimed = true;
      setImmediate(() => {
        this.#isTimed = false;
        this.#send();
      });
    }
  }

  /** Resolves when everything is written, or cannot be. */
  async flush(): Promise<void> {
    this.#send();
    while (this.pending > 0 && this.failure === undefined)
      await new Promise<void>((resolve) => {
        this.#onFlush = resolve;
      });
  }

  #send(): void {
    const text = this.#batch;
    this.#batch = "";
    if (text === "" || this.failure !== undefined) return;
    this.#beforeWrite();
    process.stdout.write(text, (error) => {
      if (error) this.#fail(error);
      this.pending -= text.length;
      this.#onFlush();
      this.#onChange();
    });
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.failure ??= error;
    this.#onFlush();
    this.#onChange();
  }
}
