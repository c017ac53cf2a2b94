import { exportAdvice } from "./export-advice.ts";
import { asExpression, mentions, textOf } from "./source.ts";
import {
  defineValue,
  describeValue,
  Error,
  utilTypes,
  ReferenceError,
  TypeError,
  loadedErrors,
} from "../runtime/index.ts";

/** A function as a worker calls it. */
export type AnyFunction = (...args: unknown[]) => unknown;

/** The end of JavaScriptCore's message for what cannot be done with an undefined `this`. */
const OF_THIS = /\(evaluating '((?:new )?this\b[^']*)'\)$/;

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
    throw explained(error, callable, name, source);
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
    throw new (loadedErrors().CallableError)(
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
      return utilTypes().isPromise(result) ? explainLater(result, explain) : result;
    } catch (error) {
      return explain(error);
    }
  };
}

async function explainLater(
  promise: Promise<unknown>,
  explain: (error: unknown) => never,
): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return explain(error);
  }
}

/**
 * Explains the error of a function that needs the object that it is called on.
 *
 * Returns the same error, so that its class, stack and identity stay; the message of such a TypeError is extended.
 */
export function explainFailure(error: unknown, callable: object): unknown {
  // Check first that it is an error: `instanceof` would run the traps of a Proxy that was thrown.
  if (!Error.isError(error) || !(error instanceof TypeError)) return error;
  return tryExtend(error, () => {
    const expression = OF_THIS.exec(error.message)?.[1];
    // The error may come from a method that the callable has called.
    if (expression === undefined || !textOf(callable).includes(expression)) return undefined;
    return (
      "a callable is called on no object, so that its `this` is undefined. Export a function from a module that calls it " +
      `on its object, such as (value) => object.method(value). callable=${describeValue(callable)}`
    );
  });
}

/** Returns the same error; of a ReferenceError for a name that the source has, the message is extended. */
function explained(error: unknown, callable: object, name: string, source: string): unknown {
  if (!Error.isError(error) || !(error instanceof ReferenceError))
    return explainFailure(error, callable);
  return tryExtend(error, () => explanationOf(error, name, source));
}

function explanationOf(error: ReferenceError, name: string, source: string): string | undefined {
  const missing = undeclaredName(error.message);
  // The name may be missing in another module that the inline function has called.
  if (missing === undefined || missing in globalThis || !mentions(source, missing))
    return undefined;
  const itself =
    missing === name
      ? " (Only `function` gives a function its own name: an arrow function does not see it.)"
      : "";
  return (
    `an inline function is sent to its worker as source and sees nothing around it.${itself} ` +
    `${exportAdvice("pass the value as an argument")}. callable=${name || "(anonymous)"} missing=${missing}`
  );
}

/** Adds an explanation to an error's message, if there is one. Returns the same error. */
function tryExtend(error: Error, explain: () => string | undefined): Error {
  try {
    const explanation = explain();
    if (explanation === undefined) return error;
    const original = error.message;
    error.message = `${original}: ${explanation}`;
    const stack = error.stack;
    // The first line of the stack was made from the message when the error was made.
    if (stack?.includes(original) && !stack.includes(error.message)) {
      error.stack = stack.replace(original, () => error.message);
    }
  } catch {
    // It is frozen, or of a class whose properties throw.
  }
  return error;
}

function undeclaredName(message: string): string | undefined {
  const match = UNDECLARED.exec(message);
  return match?.[1] ?? match?.[2];
}
