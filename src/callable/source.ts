/* The source text of a function, and whether that text can be evaluated away from its module. */

import { exportAdvice } from "./export-advice.ts";
import { describeValue, Error, SyntaxError, functionText, loadedErrors } from "../runtime/index.ts";

/** The end of the text of a native or bound function. */
const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;
/** The beginning of the text of a getter or setter. */
const ACCESSOR = /^(?:get|set)\s+(?!=>)[^\s(=]/;
const RELATIVE_IMPORT = /(?<![\w$.])import\s*\(\s*["'`]\.{1,2}\//;
/** Bun writes letters beyond ASCII as escapes, also in names. */
const UNICODE_ESCAPE = /\\u(?:\{([\da-f]+)\}|([\da-f]{4}))/gi;

/** The beginning of a method, up to its parameters: `async`, a star, and a name, which may be quoted or a number. */
const METHOD =
  /^(async(?=[\s*]))?\s*(\*)?\s*(?:(?:[\p{ID_Continue}$]|\\u[{}\da-f]+)+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\d.]+)\s*(?=\()/iu;

const exportIt = (): string => exportAdvice("pass the values it needs as arguments");

/** Whether a function is a class, which can only be called with `new`. */
export function isClass(callable: object): boolean {
  return (
    Object.getOwnPropertyDescriptor(callable, "prototype")?.writable === false &&
    /^class\b/.test(textOf(callable))
  );
}

/** The text of a function as Bun runs it: JavaScript, without types. */
export function textOf(callable: object): string {
  return functionText(callable);
}

/** Whether a text is that of a native or bound function, which says nothing of what the function does. */
export function isNative(source: string): boolean {
  return NATIVE.test(source);
}

/**
 * Throws unless a source can be evaluated by itself.
 *
 * Compiles the source (10 µs for a short one) and runs nothing. Missing names are found only when the function runs.
 *
 * @param callable the function, for the message
 * @throws CallableError that says what to do instead
 */
export function requireSelfContained(callable: object, source: string): void {
  if (ACCESSOR.test(source))
    refuse("A getter or setter cannot be called by itself: pass a function.", callable);
  if (RELATIVE_IMPORT.test(source)) {
    refuse(
      "An inline function is sent as source, and there is no file that its relative import could start from. " +
        "Export it from a module, or import an absolute URL.",
      callable,
    );
  }
  try {
    asExpression(source, (expression) => compile(`() => (${expression}\n)`));
    // An arrow function uses the `arguments` of the function around it. In a class field that does not compile.
    if (/\barguments\b/.test(source)) {
      asExpression(source, (expression) => compile(`() => class { field = (${expression}\n) }`));
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    refuse(
      `An inline function is sent as source, and this one cannot be evaluated away from its place: ${reason} ${exportIt()}.`,
      callable,
      cause,
    );
  }
}

/**
 * Calls `attempt` with the source of a function, as an expression.
 *
 * Only the source of a method is not an expression. It becomes a function expression, and not a member of a new object:
 * there `super` would compile and mean something else.
 *
 * @throws what `attempt` throws
 */
export function asExpression<T>(source: string, attempt: (expression: string) => T): T {
  try {
    return attempt(source);
  } catch (error) {
    const head = METHOD.exec(source);
    if (!(error instanceof SyntaxError) || head === null) throw error;
    const [matched, isAsync = "", isGenerator = ""] = head;
    return attempt(`${isAsync} function${isGenerator} ${source.slice(matched.length)}`);
  }
}

/** Whether a name may be used as a variable in a source; true also for a word in a string or a comment. */
export function mentions(source: string, name: string): boolean {
  const text = source.replace(
    UNICODE_ESCAPE,
    (_, long: string | undefined, short: string | undefined) =>
      String.fromCodePoint(Number.parseInt(long ?? short ?? "", 16)),
  );
  return new RegExp(`(?<![\\w$.])${RegExp.escape(name)}(?![\\w$])`).test(text);
}

/** Throws a CallableError whose message ends with the name of the callable. */
export function refuse(message: string, callable: unknown, cause?: unknown): never {
  throw new (loadedErrors().CallableError)(
    `${message} callable=${describeValue(callable)}`,
    cause === undefined ? undefined : { cause },
  );
}

function compile(expression: string): void {
  // An indirect eval runs global code, which sees nothing of this module. The expression is compiled and not called.
  // oxlint-disable-next-line no-eval -- whether it compiles is what is asked
  (0, eval)(`"use strict"; ${expression}`);
}
