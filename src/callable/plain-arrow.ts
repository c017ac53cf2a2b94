/* Arrow functions of the simplest kind, such as `(n) => n * 2`, for which a look at the words proves what else takes a parser. */

import { Set } from "../runtime/index.ts";

/** The beginning of an arrow function whose parameters are names. */
const HEAD = /^(async\s+|async(?=\())?(?:\(([\w$\s,]*)\)|([\w$]+))\s*=>/;
/** What needs a parser: templates, regular expressions and comments, escapes, and a "?", which a name and ":" may follow. */
const HARD = /[`/\\?]/;
/** A property that is read. A module may have added it to a prototype. */
const PROPERTY = /[.[]/;
const STRING = /"[^"\n]*"|'[^'\n]*'/g;
/** A number that strict mode refuses. */
const OCTAL = /(?<![\w$.])0\d/;
/** A word, with a point before it or a colon behind it where it names a property. */
const WORD =
  /(\.\.\.|\.)?\s*(?<![\w$\u0080-\uffff])([A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*)(\s*:)?/g;
const KEYWORDS: ReadonlySet<string> = new Set(
  "return if else null true false undefined typeof void in instanceof throw while do break continue".split(
    " ",
  ),
);
const NO_NAMES: ReadonlySet<string> = new Set(
  "arguments async await enum eval implements interface let package private protected public static yield".split(
    " ",
  ),
);

/**
 * Whether a text is that of an arrow function whose meaning nothing can change, whatever modules are loaded: a plain one that
 * reads no property.
 */
export function isSelfSufficient(source: string): boolean {
  return !PROPERTY.test(source) && isPlainArrow(source);
}

/**
 * Whether a text is that of an arrow function that uses its own parameters and nothing else. Then it means the same wherever
 * it stands, and compiles there. False too for most other functions of which that is true.
 */
export function isPlainArrow(source: string): boolean {
  const head = HEAD.exec(source);
  if (head === null || HARD.test(source)) return false;
  const [matched, isAsync, list = "", single] = head;
  const names = single === undefined ? list.split(",").map((name) => name.trim()) : [single];
  if (names.some((name) => NO_NAMES.has(name) || /\s/.test(name))) return false;
  const known = new Set([...names, ...KEYWORDS]);
  if (isAsync !== undefined) known.add("await");
  const body = source.slice(matched.length).replace(STRING, '""');
  return !OCTAL.test(body) && usesOnly(body, known);
}

function usesOnly(body: string, known: ReadonlySet<string>): boolean {
  WORD.lastIndex = 0;
  for (let match = WORD.exec(body); match !== null; match = WORD.exec(body)) {
    const [, before, word = "", colon] = match;
    if (before === "." || colon !== undefined) continue;
    if (!known.has(word)) return false;
  }
  return true;
}
