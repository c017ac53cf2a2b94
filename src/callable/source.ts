/** The source of a function, and whether it means anything away from where it was written. */

import { CallableError } from "../errors.ts";
import { describeValue } from "../runtime/index.ts";

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;
const ACCESSOR = /^(?:get|set)\s+(?!=>)[^\s(=]/;
const RELATIVE_IMPORT = /(?<![\w$.])import\s*\(\s*["'`]\.{1,2}\//;
/** Bun writes letters beyond ASCII as escapes, in names too. */
const UNICODE_ESCAPE = /\\u(?:\{([\da-f]+)\}|([\da-f]{4}))/gi;

/** The head of a method up to its parameters: async, star, and a name, which may be quoted or a number. */
const METHOD =
  /^(async(?=[\s*]))?\s*(\*)?\s*(?:(?:[\p{ID_Continue}$]|\\u[{}\da-f]+)+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\d.]+)\s*(?=\()/iu;

const EXPORT_IT = "Export it from a module, or pass the values it needs as arguments";

/** Whether this function can only be called with `new`. */
export function isClass(callable: object): boolean {
  return (
    Object.getOwnPropertyDescriptor(callable, "prototype")?.writable === false &&
    /^class\b/.test(textOf(callable))
  );
}

/** A function's own text, as Bun runs it: JavaScript, without types. Throws CallableError for native functions. */
export function sourceOf(callable: object): string {
  const source = textOf(callable);
  if (!NATIVE.test(source)) return source;
  return refuse(
    "A native or bound function has no source to send: pass a function that calls it, such as (...args) => Math.max(...args).",
    callable,
  );
}

/**
 * Throws CallableError unless this source can be evaluated by itself.
 *
 * Compiles it (10 µs for a short one) and runs nothing. Names that are missing show only at the call.
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
    // An arrow function has the `arguments` of the function around it; a class field may have none.
    if (/\barguments\b/.test(source)) {
      asExpression(source, (expression) => compile(`() => class { field = (${expression}\n) }`));
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    refuse(
      `An inline function is sent as source, and this one cannot be evaluated away from its place: ${reason} ${EXPORT_IT}.`,
      callable,
      cause,
    );
  }
}

/**
 * Hands a function's source over as an expression.
 *
 * Methods are the one kind of function whose source is no expression. They become function
 * expressions, not members of a new object: in that, `super` would be allowed and mean
 * something else.
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

/** Whether a name occurs in a source as a variable may; a word in a string or a comment will do. */
export function mentions(source: string, name: string): boolean {
  const text = source.replace(
    UNICODE_ESCAPE,
    (_, long: string | undefined, short: string | undefined) =>
      String.fromCodePoint(Number.parseInt(long ?? short ?? "", 16)),
  );
  return new RegExp(`(?<![\\w$.])${RegExp.escape(name)}(?![\\w$])`).test(text);
}

/** Throws CallableError; the message ends with the callable's name. */
export function refuse(message: string, callable: unknown, cause?: unknown): never {
  throw new CallableError(
    `${message} callable=${describeValue(callable)}`,
    cause === undefined ? undefined : { cause },
  );
}

function compile(expression: string): void {
  // Indirect, hence global code: it sees nothing of this module. The expression is not called.
  // oxlint-disable-next-line no-eval -- compiling is the question
  (0, eval)(`"use strict"; ${expression}`);
}

function textOf(callable: object): string {
  return Function.prototype.toString.call(callable);
}
