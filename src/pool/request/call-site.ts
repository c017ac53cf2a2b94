/**
 * Where a request was put, for the stack of an error that arrives later.
 *
 * Capturing a stack costs about as much as everything else that is done for a small request. So it
 * is captured for each of the first requests between two deliveries, and a longer burst goes on
 * with the last one, and says so: a burst is nearly always one loop. Formatting waits until an error needs it.
 */
import { OWN_FOLDER } from "../../runtime/own-folder.ts";

const EXACT_PER_BURST = 4;

/** One place in the program. */
export class CallSite {
  readonly #captured: Error;
  #isShared = false;

  constructor() {
    this.#captured = new Error("put");
  }

  share(): this {
    this.#isShared = true;
    return this;
  }

  /** The frames of the place, without those of this package; "" when there are none. */
  get frames(): string {
    // A program may have hooked Error.prepareStackTrace, and made anything of it.
    const stack: unknown = this.#captured.stack;
    const text = typeof stack === "string" ? stack : "";
    const lines = text.split("\n").filter((line) => /^\s*at /.test(line));
    const outside = lines.filter((line) => !isOwn(line) && !line.includes("(native:"));
    return (outside.length > 0 ? outside : lines).join("\n");
  }

  /** Appends the place to an error's stack; a DOMException, among others, has none of its own. */
  appendTo(error: unknown): void {
    if (!(error instanceof Error)) return;
    const own: unknown = error.stack;
    const before = typeof own === "string" ? own : `${error.name}: ${error.message}`;
    const title = this.#isShared ? "put here, or later in the same burst" : "put here";
    const stack = `${before}\n    --- ${title} ---\n${this.frames}`;
    Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
  }
}

function isOwn(line: string): boolean {
  return OWN_FOLDER !== undefined && line.includes(OWN_FOLDER);
}

/** Hands out the place of each put. */
export class CallSites {
  #left = EXACT_PER_BURST;
  #last: CallSite | undefined;

  /** The place of the put that is under way. */
  capture(): CallSite {
    if (this.#left === 0 && this.#last !== undefined) return this.#last.share();
    this.#left -= 1;
    this.#last = new CallSite();
    return this.#last;
  }

  /** A burst is over: the next puts are captured exactly. */
  endBurst(): void {
    this.#left = EXACT_PER_BURST;
    this.#last = undefined;
  }
}
