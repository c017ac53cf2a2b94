import { defineValue, engineStack, Error, isOwnFrame } from "../../runtime/index.ts";
import { nameFrames, nameFramesOf } from "./stack-frames.ts";

/** A frame of a function of the engine, such as `map`. */
const IN_ENGINE = /[( ]native:/;
/** How many puts of a burst have a stack of their own. */
const EXACT_PER_BURST = 4;

/** The place in the program where a request was put, for the stack of an error that arrives later. */
export class CallSite {
  readonly #captured: Error;
  #isShared = false;

  constructor() {
    this.#captured = new Error("put");
  }

  /** Marks the place as that of several puts. */
  share(): this {
    this.#isShared = true;
    return this;
  }

  /** The stack frames of the place, without those of this package; "" when there are none. */
  get frames(): string {
    // Where the limit of frames is not a number, there is no stack.
    const stack = engineStack(this.#captured);
    const text = typeof stack === "string" ? stack : "";
    const lines = text.split("\n").filter((line) => /^\s*at /.test(line));
    const outside = lines.filter((line) => !isOwnFrame(line) && !IN_ENGINE.test(line));
    return nameFrames((outside.length > 0 ? outside : lines).join("\n"));
  }

  /** Appends the place to an error's stack. An error without a stack, such as a DOMException, gets one. */
  appendTo(error: unknown): void {
    try {
      if (error instanceof Error) this.#append(error);
    } catch {
      // It is frozen, a Proxy, or of a class whose properties throw: its stack stays as it is.
    }
  }

  #append(error: Error): void {
    nameFramesOf(error);
    const own: unknown = error.stack;
    const before = typeof own === "string" ? own : `${error.name}: ${error.message}`;
    const title = this.#isShared ? "put here, or later in the same burst" : "put here";
    const stack = `${before}\n    --- ${title} ---\n${this.frames}`;
    defineValue(error, "stack", stack);
  }
}

/**
 * Captures the place of each put.
 *
 * Capturing a stack costs about as much as everything else that is done for a small request. So it is captured
 * for each of the first requests between two deliveries. A longer burst, which is nearly always one loop, shares the last
 * of these, and the error says so. The stack is formatted when an error needs it.
 */
export class CallSites {
  #left = EXACT_PER_BURST;
  #last: CallSite | undefined;
  /** The place that all further puts of this burst share, or undefined while each has its own. */
  ofBurst: CallSite | undefined = undefined;

  /** The place of the present put. */
  capture(): CallSite {
    if (this.#left === 0 && this.#last !== undefined) {
      this.ofBurst = this.#last.share();
      return this.ofBurst;
    }
    this.#left -= 1;
    this.#last = new CallSite();
    return this.#last;
  }

  /** Ends a burst: the next puts are captured one by one. */
  endBurst(): void {
    if (this.#last === undefined) return;
    this.#left = EXACT_PER_BURST;
    this.#last = undefined;
    this.ofBurst = undefined;
  }
}
