/** The worker's side of a function that travels as source. */

import { asExpression, mentions } from "./source.ts";
import { CallableError } from "../errors.ts";

export type AnyFunction = (...args: unknown[]) => unknown;

/** JavaScriptCore has two wordings for a name that nothing declares, and others for what is not our business. */
const UNDECLARED = /^(?:Can't find variable: (\S+)|(\S+) is not defined)$/;

/**
 * Makes a function from its source, in strict mode as in a module.
 *
 * The result explains a ReferenceError; a synchronous function stays synchronous, a generator
 * stays a generator.
 */
export function evaluateInline(name: string, source: string): AnyFunction {
  const callable = evaluate(name, source);
  const explain = (error: unknown): never => {
    throw explained(error, name, source);
  };
  const guarded = guard(callable, explain);
  Object.defineProperty(guarded, "name", { value: name });
  return guarded;
}

function evaluate(name: string, source: string): AnyFunction {
  // A name of its own in stack traces, on one line; the source starts on line 1, so places are right.
  const sourceUrl = `inline-function:${name.replaceAll(/\s+/g, "-") || "anonymous"}`;
  try {
    // The function around it keeps `this` undefined in arrow functions; global code would have an object.
    return asExpression(
      source,
      (expression) =>
        // oxlint-disable-next-line no-eval -- an inline function is source
        (0, eval)(
          `"use strict"; (function () { return (${expression}\n); })()\n//# sourceURL=${sourceUrl}`,
        ) as AnyFunction,
    );
  } catch (cause) {
    throw new CallableError(
      `This function cannot be evaluated from its source: export it from a module. callable=${name || "(anonymous)"}`,
      { cause },
    );
  }
}

function guard(callable: AnyFunction, explain: (error: unknown) => never): AnyFunction {
  const kind = Object.prototype.toString.call(callable);
  if (kind === "[object AsyncGeneratorFunction]") {
    return async function* (...args: unknown[]): AsyncGenerator {
      try {
        return yield* callable(...args) as AsyncGenerator;
      } catch (error) {
        return explain(error);
      }
    };
  }
  if (kind === "[object GeneratorFunction]") {
    return function* (...args: unknown[]): Generator {
      try {
        return yield* callable(...args) as Generator;
      } catch (error) {
        return explain(error);
      }
    };
  }
  return (...args) => {
    try {
      const result = callable(...args);
      return result instanceof Promise ? result.then(undefined, explain) : result;
    } catch (error) {
      return explain(error);
    }
  };
}

/** The error itself, its message extended in place: class, stack and identity stay. */
function explained(error: unknown, name: string, source: string): unknown {
  if (!(error instanceof ReferenceError)) return error;
  const original = error.message;
  const missing = undeclaredName(original);
  // Not the inline function's fault when another module, called from it, lacks a name.
  if (missing === undefined || missing in globalThis || !mentions(source, missing)) return error;
  const itself =
    missing === name
      ? " (Only `function` gives a function its own name: an arrow function does not see it.)"
      : "";
  error.message =
    `${original}: an inline function is sent to its worker as source and sees nothing around it.${itself} ` +
    `Export it from a module, or pass the value as an argument. callable=${name || "(anonymous)"} missing=${missing}`;
  const stack = error.stack;
  // The stack's first line was made from the message when the error was.
  if (stack?.includes(original) && !stack.includes(error.message)) {
    error.stack = stack.replace(original, () => error.message);
  }
  return error;
}

function undeclaredName(message: string): string | undefined {
  const match = UNDECLARED.exec(message);
  return match?.[1] ?? match?.[2];
}
