/*
 * Proves that a function is the one that a module's top level makes, when the module's exports cannot be read yet.
 *
 * Name and text do not tell: a factory makes many functions of one name and text. But when the text stands only once in the
 * module, at its top level, then the module makes one such function, because its top level runs once. And when no other
 * module has made the function, it is that one.
 */

import { isCommonJs } from "./module-registry.ts";
import { readModule } from "./module-scan.ts";
import { printed } from "./scope.ts";
import { Error, Proxy, BunTranspiler, getBuiltinModule } from "../runtime/index.ts";

/** What stands before the function in a declaration of it. */
const DECLARATION = /^\s*(?:export\s+)?(?:default\s+)?$/;
/** What stands before the function as a value: in a list of declarations, or on the left of an assignment. */
const VALUE = /^\s*(?:(?:export\s+)?(?:const|let|var)\s[^]*|[\w$.[\]"']+\s)=\s*$/;
const BEFORE = "ringpool:before";
const AFTER = "ringpool:after";
const LABEL = "ringpool_module";

/**
 * Whether a function is made by the top level of this module: by a declaration, or by an initializer or an assignment that is
 * nothing but the function.
 *
 * @param others the other modules of the program, one of which may have made a function of the same text
 */
export function isMadeAtTopLevel(
  callable: object,
  source: string,
  file: string,
  others: readonly string[],
): boolean {
  const module = printed(file);
  const [at, another] = module === undefined ? [] : placesOf(module, source);
  if (module === undefined || at === undefined || another !== undefined) return false;
  if (!isStatement(module, at, source.length, isCommonJs(file))) return false;
  const maker = makerOf(callable);
  if (maker !== undefined) return maker === file;
  const name = (callable as { readonly name?: unknown }).name;
  return !others.some(
    (other) => other !== file && mentions(other, name) && contains(other, source),
  );
}

/**
 * Whether a function that stands at this place of a module is made by a statement of the module itself.
 *
 * The transpiler indents all other statements more deeply. That the place is code, and no text that looks so, the parser tells: before and
 * after the statement it is given a probe that is allowed only there.
 */
function isStatement(module: string, at: number, length: number, isFunction: boolean): boolean {
  const start = statementBefore(module, at, isFunction ? "  " : "");
  const before = module.slice(0, start);
  const lead = module.slice(start, at);
  const made = module.slice(at, at + length);
  const after = module.slice(at + length);
  if (!DECLARATION.test(lead) && !VALUE.test(lead)) return false;
  // A list of declarations goes on after the probe as a list of its own.
  const goesOn = /^\s*,/.test(after) ? after.replace(",", "let ") : after;
  return isFunction
    ? accepts(
        `${labelled(before)}\n${leaving(BEFORE)}${lead}${made};${leaving(AFTER)}${unlabelled(goesOn)}`,
      )
    : accepts(`${before}\nimport "${BEFORE}";\n${lead}${made};import "${AFTER}";${goesOn}`);
}

/** Whether the parser accepts a text and finds both probes in it. */
function accepts(probed: string): boolean {
  try {
    const { imports } = new BunTranspiler({ loader: "js" }).scan(probed);
    return [BEFORE, AFTER].every((probe) => imports.some(({ path }) => path === probe));
  } catch {
    return false;
  }
}

/** A probe for the body of a function: only there, and in no function inside, may the label be left. */
function leaving(probe: string): string {
  return `import("${probe}"); if (0) break ${LABEL};`;
}

function labelled(before: string): string {
  return before.replace("{", `{ ${LABEL}: {`);
}

function unlabelled(after: string): string {
  const end = after.lastIndexOf("}");
  return `${after.slice(0, end)}}${after.slice(end)}`;
}

/** Where a function of this text may stand in a module: not where the text is the end of another function's. */
function placesOf(module: string, source: string): number[] {
  const places: number[] = [];
  for (let at = module.indexOf(source); at >= 0; at = module.indexOf(source, at + 1))
    if (!/(?:async|function)[\s*]*$/.test(module.slice(Math.max(at - 20, 0), at))) places.push(at);
  return places;
}

/** The beginning of the last line before a place that has this indentation and begins a statement. */
function statementBefore(module: string, at: number, indentation: string): number {
  const begins = new RegExp(`^\\n${indentation}[^\\s})\\]]`);
  for (let end = at; end > 0; end = module.lastIndexOf("\n", end - 1))
    if (begins.test(module.slice(end, end + indentation.length + 2))) return end + 1;
  return 0;
}

/**
 * The file whose code has made a function; undefined for functions that `new` cannot be used with, such as arrow functions.
 *
 * `new` first asks its target for the prototype of the object to make, with the function on the stack and before any code of the
 * function runs. Here that question is answered with an error, so that nothing runs.
 */
function makerOf(callable: object): string | undefined {
  let file: string | undefined;
  const target = new Proxy(function () {}, {
    get() {
      file = getBuiltinModule("node:util").getCallSites(2)[1]?.scriptName;
      throw new Error("The function is not to run.");
    },
  });
  const limit = Error.stackTraceLimit;
  Reflect.set(Error, "stackTraceLimit", 2);
  try {
    Reflect.construct(callable as new () => unknown, [], target);
  } catch {
    // Always: by the error above, or because the function is no constructor.
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit);
  }
  return file;
}

function mentions(file: string, name: unknown): boolean {
  const text = readModule(file) ?? "";
  return typeof name !== "string" || name === "" || name === "default" || text.includes(name);
}

function contains(file: string, source: string): boolean {
  return printed(file)?.includes(source) === true;
}
