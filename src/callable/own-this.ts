/* Whether a function uses the object that it is called on. In a pool it is called on none. */

import { BunTranspiler, utilTypes } from "../runtime/index.ts";

/** The beginning of a function, up to its parameters. */
const HEAD = /^(async(?=[\s*(]))?\s*(?:function\b)?\s*(\*)?\s*[^(]*?\s*(?=\()/;
const FUNCTION = /^(?:async\s+)?function\b/;
/** The end of a list of parameters. */
const BODY = /\)\s*\{/g;
/** How the transpiler writes the use of a property of an outer `this`. */
const OF_NOTHING = /(?<![\w$.])null(?:\?*\.|\[)|\}\s*=\s*null(?![\w$])|\bnew null\b/g;
const THIS = /\bthis\b/g;

/** Whether the text is one of a method: a function that was written inside an object or a class. */
export function isMethod(source: string): boolean {
  return !FUNCTION.test(source) && !isExpression(source);
}

/**
 * Whether a function uses its own `this`, which is undefined when it is called without its object. False too when that is not
 * known, as for generators.
 *
 * The function is written as an arrow function at the top level of a module: there the transpiler writes `null` for `this`,
 * and leaves those of inner functions and classes alone.
 *
 * @param how at all, or so that it fails at once: by reading a property of it
 */
export function usesOwnThis(source: string, how: "at all" | "its properties"): boolean {
  if (!/\bthis\b/.test(source)) return false;
  if (!FUNCTION.test(source) && isExpression(source)) return false; // an arrow function
  const head = HEAD.exec(source);
  if (head === null) return false;
  const [matched, isAsync = ""] = head;
  const rest = source.slice(matched.length);
  for (const { index } of rest.matchAll(BODY)) {
    const arrow = `export default [${isAsync} ${rest.slice(0, index + 1)} => ${rest.slice(index + 1)}];`;
    const text = tryTranspile(arrow);
    if (text === undefined) continue;
    return how === "at all"
      ? count(text, THIS) < count(source, THIS)
      : count(text, OF_NOTHING) > count(source, OF_NOTHING);
  }
  return false;
}

/** Whether a function is a mock of `bun:test`, or of another test runner. Reads no property, because that may run code. */
export function isMock(callable: object): boolean {
  const holders = [callable, Object.getPrototypeOf(callable) as object | null];
  return holders.some(
    (holder) =>
      holder !== null && !utilTypes().isProxy(holder) && Object.hasOwn(holder, "_isMockFunction"),
  );
}

function isExpression(source: string): boolean {
  return tryTranspile(`export default [${source}\n];`) !== undefined;
}

function tryTranspile(text: string): string | undefined {
  try {
    return new BunTranspiler({ loader: "js", target: "bun" }).transformSync(text);
  } catch {
    return undefined;
  }
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
