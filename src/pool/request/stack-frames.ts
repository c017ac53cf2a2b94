import { defineValue, Error } from "../../runtime/index.ts";

/** A frame without a name, such as that of a module's own code: `    at /file:1:2`, `    at async /file:1:2`. */
const BARE = /^(\s*at (?:async )?)((?!<anonymous>$)[^\s(].*:\d+(?::\d+)?)$/;
/** A frame of which nothing is known. */
const UNKNOWN = /^(\s*at (?:async )?<anonymous>)$/;
/** Causes of causes, and errors in errors, down to this level. An error may be its own cause. */
const MOST_LEVELS = 4;

/**
 * Gives a name to the frames of a stack that have none: `at module code (/file:1:2)`.
 *
 * Bun prints an error of another thread from the text of its stack, and reads that text only up to the first frame
 * without parentheses. What follows, often the line of the user's own module, is not printed.
 */
export function nameFrames(stack: string): string {
  if (!stack.includes("    at ")) return stack;
  return stack
    .split("\n")
    .map((line) => line.replace(BARE, "$1module code ($2)").replace(UNKNOWN, "$1 (unknown)"))
    .join("\n");
}

/** Does so for an error that came from another thread, for its causes, and for the errors that it holds. */
export function nameFramesOf(error: unknown): void {
  try {
    nameDownTo(error, MOST_LEVELS);
  } catch {
    // An error is frozen or a Proxy: its stack stays as it is.
  }
}

function nameDownTo(error: unknown, levels: number): void {
  if (!(error instanceof Error) || levels === 0) return;
  const stack = ownValue(error, "stack");
  if (typeof stack === "string") {
    const named = nameFrames(stack);
    if (named !== stack) defineValue(error, "stack", named);
  }
  nameDownTo(ownValue(error, "cause"), levels - 1);
  const errors = ownValue(error, "errors");
  if (Array.isArray(errors)) for (const each of errors) nameDownTo(each, levels - 1);
}

function ownValue(error: Error, key: string): unknown {
  return Object.getOwnPropertyDescriptor(error, key)?.value;
}
