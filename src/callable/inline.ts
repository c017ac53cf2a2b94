import { asExpression, mentions } from "./source.ts";
import { CallableError } from "../errors.ts";
import { defineValue } from "../runtime/index.ts";

/** A function as a worker calls it. */
export type AnyFunction = (...args: unknown[]) => unknown;

/** The two messages of JavaScriptCore for a name that is not declared anywhere. */
const UNDECLARED = /^(?:Can't find variable: (\S+)|(\S+) is not defined)$/;

/**
 * Makes a function from its source text, in strict mode as in a module.
 *
 * The function explains a ReferenceError that it causes. A synchronous function stays synchronous, and a generator
 * stays a generator.
 *
 * @throws CallableError when the source cannot be evaluated away from its module
 */
export function evaluateInline(name: string, source: string): AnyFunction {
  const callable = evaluate(name, source);
  const explain = (error: unknown): never => {
    throw explained(error, name, source);
  };
  const guarded = guard(callable, explain);
  defineValue(guarded, "name", name);
  return guarded;
}

function evaluate(name: string, source: string): AnyFunction {
  // Stack traces show this name, which must be one line. The source starts on line 1, so line numbers are right.
  const sourceUrl = `inline-function:${name.replaceAll(/\s+/g, "-") || "anonymous"}`;
  try {
    // The function around the source keeps `this` undefined in arrow functions; in global code it is an object.
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

/** Returns the same error, so that its class, stack and identity stay; of a ReferenceError the message is extended. */
function explained(error: unknown, name: string, source: string): unknown {
  // Check first that it is an error: `instanceof` would run the traps of a Proxy that was thrown.
  if (!Error.isError(error) || !(error instanceof ReferenceError)) return error;
  try {
    return extended(error, name, source);
  } catch {
    // It is frozen, or of a class whose properties throw.
    return error;
  }
}

function extended(error: ReferenceError, name: string, source: string): ReferenceError {
  const original = error.message;
  const missing = undeclaredName(original);
  // The name may be missing in another module that the inline function has called.
  if (missing === undefined || missing in globalThis || !mentions(source, missing)) return error;
  const itself =
    missing === name
      ? " (Only `function` gives a function its own name: an arrow function does not see it.)"
      : "";
  error.message =
    `${original}: an inline function is sent to its worker as source and sees nothing around it.${itself} ` +
    `Export it from a module, or pass the value as an argument. callable=${name || "(anonymous)"} missing=${missing}`;
  const stack = error.stack;
  // The first line of the stack was made from the message when the error was made.
  if (stack?.includes(original) && !stack.includes(error.message)) {
    error.stack = stack.replace(original, () => error.message);
  }
  return error;
}

function undeclaredName(message: string): string | undefined {
  const match = UNDECLARED.exec(message);
  return match?.[1] ?? match?.[2];
}
