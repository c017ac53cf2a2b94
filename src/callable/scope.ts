/*
 * Which variables a function takes from around it, as far as texts tell: an engine does not show a function's scope.
 *
 * Bun's transpiler replaces a name that it is told to define wherever the name is not bound. So it tells exactly which names
 * of a text are free, and, given the text of the whole module, which of them are bound around the function there.
 */

import { asExpression } from "./source.ts";
import { isCommonJs } from "./module-registry.ts";
import { defaultNameOf, loaderOf, readModule } from "./module-scan.ts";
import { Map, Set, SyntaxError, BunTranspiler, onReload } from "../runtime/index.ts";

const WORD = /[a-zA-Z_$\u0080-\uffff][\w$\u0080-\uffff]*/g;
/** A name in a place where a declaration or a parameter may stand. */
const DECLARED =
  /(?:[({[,]|\.\.\.|\b(?:const|let|var)\b)\s*([\w$\u0080-\uffff]+)\s*(?=[=,)}\];]|of\b|in\b)|\b(?:function\s*\*?|class)\s*([\w$\u0080-\uffff]+)/g;
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    "arguments as async await break case catch class const continue debugger default delete do else export extends false " +
    "finally for from function get if import in instanceof let new null of return set static super switch this throw true " +
    "try typeof undefined var void while with yield"
  ).split(" "),
);
/** No word of a text begins so. */
const MARK = "__ringpool_";
/** Keeps the transpiler from writing the environment into the text, which the engine's own printing does not do. */
const AS_RUN = { "process.env.NODE_ENV": "process.env.NODE_ENV" };

/** The words of a text that may be variables. Words in strings and comments are among them. */
function wordsOf(text: string): ReadonlySet<string> {
  if (text !== lastText) {
    lastText = text;
    lastWords = findWords(text);
  }
  return lastWords;
}

/** One text is asked about several times in a row. */
let lastText = "";
let lastWords: ReadonlySet<string> = new Set();

function findWords(text: string): Set<string> {
  const words = new Set<string>();
  WORD.lastIndex = 0;
  for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) {
    const { 0: word, index } = match;
    // A property stands after a point, but a variable may stand after three.
    const isProperty = text[index - 1] === "." && text[index - 2] !== ".";
    if (!isProperty && !KEYWORDS.has(word)) words.add(word);
  }
  return words;
}

/**
 * The names that a function's text uses and does not bind, in the order of the text; undefined when it cannot be parsed. Takes some 50 µs.
 */
export function freeNames(source: string): string[] | undefined {
  const words = [...wordsOf(source)];
  try {
    const text = transpile(asModule(source), words, "js");
    return words.filter((word) => new RegExp(`${MARK}${RegExp.escape(word)}(?![\\w$])`).test(text));
  } catch {
    return undefined;
  }
}

/** Whether a word of a text is neither a global nor in a place where it may be declared. Quick, and often true in vain. */
export function mayHaveFreeNames(source: string): boolean {
  const declared = new Set(
    Array.from(source.matchAll(DECLARED), ([, variable, named]) => variable ?? named),
  );
  return [...wordsOf(source)].some((word) => !declared.has(word) && !isGlobalName(word));
}

/** Whether a name is one that every thread finds without a declaration. */
export function isGlobalName(name: string): boolean {
  return name in globalThis;
}

/**
 * Of the global names that a function's text uses, one that a module binds around the function, so that the function does
 * not mean the global; undefined when there is none in these modules.
 */
export function shadowedGlobal(source: string, files: () => readonly string[]): string | undefined {
  const words = [...wordsOf(source)].filter(isGlobalName);
  if (words.length === 0) return undefined;
  let globals: string[] | undefined;
  for (const file of files()) {
    const suspects = words.filter((word) => mayBind(file, word));
    if (suspects.length === 0) continue;
    globals ??= freeNames(source)?.filter(isGlobalName) ?? [];
    const shadowed = suspects.find((name) => globals?.includes(name) && binds(file, source, name));
    if (shadowed !== undefined) return shadowed;
  }
  return undefined;
}

/** Whether a module's text has a function of this text. */
export function standsIn(file: string, source: string): boolean {
  const module = printed(file);
  return module !== undefined && bare(module).includes(withoutHead(source));
}

/** Whether a module binds one of these globals, which a function's text uses, around that text. */
export function isBoundAround(file: string, source: string, globals: readonly string[]): boolean {
  return globals.some((name) => mayBind(file, name) && binds(file, source, name));
}

/** The text of a module as Bun runs it: JavaScript, without types; undefined when it cannot be read or parsed. */
export function printed(file: string): string | undefined {
  if (!prints.has(file)) {
    if (prints.size >= MOST_PRINTS) prints.clear();
    prints.set(file, tryPrint(file));
  }
  return prints.get(file);
}

const prints: Map<string, string | undefined> = new Map();
const MOST_PRINTS = 64;

onReload(() => prints.clear());

function tryPrint(file: string): string | undefined {
  const text = readModule(file);
  if (text === undefined) return undefined;
  try {
    const body = isCommonJs(file) ? asFunction(text) : text;
    // What has no name gets one of the file, which the transpiler does not know.
    return transpile(body, [], loaderOf(file)).replaceAll(
      /\binput_default\b/g,
      defaultNameOf(file),
    );
  } catch {
    return undefined;
  }
}

/** Bun runs a CommonJS module as the body of a function, and knows more of the constants there. */
function asFunction(text: string): string {
  const body = text.replace(/^#![^\n]*/, "");
  return `export default (function(exports, require, module, __filename, __dirname) {${body}\n})`;
}

function transpile(
  text: string,
  defined: readonly string[],
  loader: "js" | "ts" | "tsx" | "jsx",
): string {
  const define: Record<string, string> = { ...AS_RUN };
  for (const name of defined) define[name] = MARK + name;
  return new BunTranspiler({ loader, target: "bun", define, inline: true }).transformSync(text);
}

/**
 * Whether a module's text binds this name anywhere, by a look at what follows the name: a declaration or a parameter is not
 * followed by a point, a bracket or a call.
 */
function mayBind(file: string, name: string): boolean {
  const text = readModule(file);
  if (text?.includes(name) !== true) return false;
  const word = RegExp.escape(name);
  return new RegExp(
    `(?<![\\w$.]|\\.\\.)${word}(?![\\w$]|\\s*(?:\\?\\.|\\.(?!\\.)|[\\[(]))|\\b(?:function\\s*\\*?|class|enum|namespace)\\s+${word}(?![\\w$])|\\.\\.\\.${word}(?![\\w$])`,
  ).test(text);
}

/**
 * Whether a function of this text stands in a module at a place where the name is bound. In the module printed with the name
 * defined, the function stands with the mark where the name is global, and without it where it is bound.
 */
function binds(file: string, source: string, name: string): boolean {
  const module = printed(file);
  if (module === undefined || !standsIn(file, source)) return false;
  const placesWith = (defined: readonly string[]): number =>
    count(
      bare(transpile(module, defined, "js")),
      withoutHead(bodyOf(transpile(asModule(source), defined, "js"))),
    );
  return placesWith([name]) < placesWith([]);
}

/** A function from its parameters on: a method is written with another head where it stands. */
function withoutHead(text: string): string {
  return bare(text.slice(text.indexOf("(")));
}

/** Makes a module whose only statement holds the function, so that names in it stay as they are. */
function asModule(source: string): string {
  return asExpression(source, (expression) => {
    const text = `${HEAD}${expression}\n${TAIL}`;
    try {
      new BunTranspiler({ loader: "js" }).scan(text);
    } catch (error) {
      throw new SyntaxError("not an expression", { cause: error });
    }
    return text;
  });
}

const HEAD = `export default [`;
const TAIL = `];`;

function bodyOf(module: string): string {
  const text = module.trim();
  return text.slice(text.indexOf("[") + 1, text.lastIndexOf("]"));
}

/** A text without white space, which differs by the depth of a place. */
function bare(text: string): string {
  return text.replaceAll(/\s+/g, "");
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
