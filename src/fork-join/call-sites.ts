import type { LoadableDefinition } from "../callable/load.ts";
import { keyOfUrl } from "../callable/load.ts";
import { Error, defineValue, engineStack, isOwnFrame } from "../runtime/index.ts";

/** So many children of one callable have a place of their own. */
const EXACT_PER_PARENT = 4;
/** A stack of so many characters gets no more places: an error that rises through a deep tree would get one at each level. */
const LONGEST_STACK = 16_384;
/** A frame of a function of the engine, such as `map`. */
const IN_ENGINE = /[( ](?:native|node):/;

/** Who puts children, as far as it can be told. */
export interface Putter {
  readonly definition: LoadableDefinition | undefined;
}

/** A place where children were put. */
export class Place {
  readonly #captured: Error;
  readonly #parent: Putter;
  isShared = false;

  constructor(captured: Error, parent: Putter) {
    this.#captured = captured;
    this.#parent = parent;
  }

  /** Appends the place to an error's stack. An error without a stack gets one. */
  appendTo(error: unknown): void {
    try {
      if (!(error instanceof Error)) return;
      const own: unknown = error.stack;
      const before = typeof own === "string" ? own : `${error.name}: ${error.message}`;
      const title = this.isShared ? "put here, or nearby" : "put here";
      if (before.length > LONGEST_STACK) return;
      const place = `\n    --- ${title} ---\n${this.#frames}`;
      // In a recursion each level has the same place.
      if (!before.endsWith(place)) defineValue(error, "stack", before + place);
    } catch {
      // It is frozen, a Proxy, or of a class whose properties throw: its stack stays as it is.
    }
  }

  get #frames(): string {
    const lines = String(engineStack(this.#captured))
      .split("\n")
      .filter((line) => /^\s*at /.test(line));
    const outside = lines.filter((line) => !isOwnFrame(line) && !IN_ENGINE.test(line));
    if (outside.length > 0) return outside.join("\n");
    // In `return pool.mapSync(…)` the call replaces its caller on the stack.
    const { definition } = this.#parent;
    return definition === undefined ? lines.join("\n") : frameOf(definition);
  }
}

/** The place of the present call. For a call of many children, or one that has failed: to capture a stack costs more than a child does. */
export function placeHere(parent: Putter): Place {
  return new Place(new Error("put"), parent);
}

/** A frame of a function whose line is not known. */
function frameOf(definition: LoadableDefinition): string {
  const name = definition.name === "" ? "(anonymous)" : definition.name;
  const url = "url" in definition ? definition.url : undefined;
  return url === undefined ? `    at ${name}` : `    at ${name} (${keyOfUrl(url)})`;
}

/** Appends the place of the present call to an error, as far as the stack has room for that. */
export function appendPlaceHere(error: unknown, parent: Putter): void {
  try {
    placeHere(parent).appendTo(error);
  } catch {
    // The stack of calls is full, which the error most likely says.
  }
}

/** The places where the children of one callable were put. */
export class Sites {
  #left = EXACT_PER_PARENT;
  #last: Place | undefined;

  /**
   * The place of the present put. To capture a stack costs more than a child does, so only the first children of a callable
   * have a place of their own, and the others share the last one: it is nearly always the same line.
   */
  capture(parent: Putter): Place {
    if (this.#left === 0 && this.#last !== undefined) {
      this.#last.isShared = true;
      return this.#last;
    }
    this.#left -= 1;
    this.#last = placeHere(parent);
    return this.#last;
  }
}
