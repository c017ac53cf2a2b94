/**
 * Finds an export by its value: which evaluated module exports this function, and as what?
 *
 * `require.cache` lists evaluated ES modules as well as CommonJS ones. Reading all of it for each
 * function would cost 0.7 µs a module, for each arrow function written in a loop anew; so every
 * module's functions are indexed once, and a lookup only asks for modules that are new
 * (0.1 µs a module that there is).
 *
 * The index misses what a module exports later: an `export let` assigned after evaluation, a
 * property put on `module.exports`, a module loaded again under its old key. `findLateExport` is
 * for these, and a hit is always checked against the module as it is now.
 */

import { createRequire } from "node:module";
import { dirname } from "node:path";
import { types } from "node:util";
import { MODULE_EXPORTS, MODULE_EXPORTS_DEFAULT, urlOfKey } from "./module-keys.ts";
import { scanModule } from "./module-scan.ts";

/** An export of a module that has been evaluated. */
export interface FoundExport {
  readonly url: string;
  readonly name: string;
}

interface ListedExport {
  /** The module's key in the registry: its path, with its query. */
  readonly file: string;
  readonly name: string;
}

const registry = createRequire(import.meta.url).cache;
const indexed: Set<string> = new Set();
const exportsOf: WeakMap<object, ListedExport[]> = new WeakMap();

/** A program given by `-e` or on standard input: it has a key, and no file for a worker to import. */
const FILELESS_MAIN = /[\\/]\[(?:eval|stdin)\]$/;

/** Getters that only pass a binding on, as bundlers and TypeScript write them into CommonJS. */
const FORWARDER =
  /^(?:\(\)\s*=>\s*|(?:function|get)\s*[\w$]*\s*\(\)\s*\{\s*return\s+)[\w$]+(?:\.[\w$]+|\[[\w$]+\])*;?\s*\}?$/;

/** Whether this file's module is listed: an ES module once it is evaluated, a CommonJS one from its start. */
export function isListed(file: string): boolean {
  return file in registry;
}

/** Whether this file is listed as a CommonJS module, finished or not. */
export function isCommonJs(file: string): boolean {
  return isListed(file) && !types.isModuleNamespaceObject(registry[file]?.exports);
}

/** The module and name of an export that is this very function; undefined when no evaluated module has it. */
export function findExport(callable: object): FoundExport | undefined {
  indexNewModules();
  const listed = exportsOf.get(callable)?.filter((entry) => valueAt(entry) === callable);
  if (listed === undefined || listed.length === 0) return undefined;
  const { file, name } =
    listed.length === 1 ? (listed[0] as ListedExport) : preferredExport(callable, listed);
  return { url: urlOfKey(file), name };
}

/** The same, past the index and by the function's own name alone: reads each module (0.4 µs). */
export function findLateExport(callable: object, name: string): FoundExport | undefined {
  const keys = Reflect.ownKeys(registry) as string[];
  const file = keys.find(
    (key) => !FILELESS_MAIN.test(key) && valueAt({ file: key, name }) === callable,
  );
  return file === undefined ? undefined : { url: urlOfKey(file), name };
}

function indexNewModules(): void {
  // Reflect.ownKeys takes a third of the time of Object.keys: it asks for no descriptors.
  for (const file of Reflect.ownKeys(registry) as string[]) {
    if (!indexed.has(file) && !FILELESS_MAIN.test(file) && indexModule(file)) indexed.add(file);
  }
}

/** False when an export could not be read yet: it comes from a module that is still being evaluated. */
function indexModule(file: string): boolean {
  const exported: unknown = registry[file]?.exports;
  // A Proxy's traps are somebody's code.
  if (!isObject(exported) || types.isProxy(exported)) return true;
  const isNamespace = types.isModuleNamespaceObject(exported);
  if (typeof exported === "function") addExport(exported, { file, name: MODULE_EXPORTS });
  let complete = true;
  for (const property of Object.getOwnPropertyNames(exported)) {
    const name = property === "default" && !isNamespace ? MODULE_EXPORTS_DEFAULT : property;
    try {
      const value = readExport(exported, property);
      if (typeof value === "function") addExport(value, { file, name });
    } catch {
      complete = false;
    }
  }
  return complete;
}

function addExport(value: object, entry: ListedExport): void {
  const listed = exportsOf.get(value);
  if (listed === undefined) exportsOf.set(value, [entry]);
  else listed.push(entry);
}

function valueAt({ file, name }: ListedExport): unknown {
  const exported: unknown = registry[file]?.exports;
  if (name === MODULE_EXPORTS || !isObject(exported)) return exported;
  try {
    return readExport(exported, name === MODULE_EXPORTS_DEFAULT ? "default" : name);
  } catch {
    return undefined;
  }
}

/** Reads an export and runs nobody's code for it, unless to pass a binding on. Throws before it is initialised. */
function readExport(exported: object, property: string): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(exported, property);
  if (descriptor?.get === undefined) return descriptor?.value;
  // oxlint-disable-next-line typescript/unbound-method -- only its text is wanted
  const isForwarder = FORWARDER.test(Function.prototype.toString.call(descriptor.get));
  return isForwarder ? Reflect.get(exported, property) : undefined;
}

/**
 * Chooses when several modules export the function. Not the main module, if it can be helped:
 * importing that in a worker runs the application's top level. Then the function's home, which
 * re-exporting modules import and which imports none of them.
 */
function preferredExport(callable: object, listed: readonly ListedExport[]): ListedExport {
  const files = new Set(listed.map(({ file }) => file));
  const ownName = (callable as { readonly name?: unknown }).name;
  const rankOf = ({ file, name }: ListedExport): string =>
    [file === Bun.main, importsAny(file, files), name !== ownName].map(Number).join("") +
    `${file}\n${name}`;
  return listed
    .map((entry) => ({ entry, rank: rankOf(entry) }))
    .reduce((a, b) => (b.rank < a.rank ? b : a)).entry;
}

function importsAny(file: string, files: ReadonlySet<string>): boolean {
  const folder = dirname(file);
  return (scanModule(file)?.imports ?? []).some((specifier) => {
    try {
      const resolved = Bun.resolveSync(specifier, folder);
      return resolved !== file && files.has(resolved);
    } catch {
      return false;
    }
  });
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
