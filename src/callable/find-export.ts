/*
 * Finds an export by its value: the evaluated module that exports a function, and the name of the export.
 *
 * `require.cache` lists evaluated ES modules as well as CommonJS ones. Reading all modules for each function would cost
 * 0.7 µs a module, and again for each arrow function in a loop. So the functions of each module are indexed once, and a
 * lookup only searches for modules that are new (0.1 µs a module).
 *
 * The index misses what a module exports later: an `export let` that is assigned after evaluation, a property that is
 * added to `module.exports`, a module that is loaded again under its old key. `findLateExport` finds these. What the
 * index finds is always compared with the module as it is now.
 */

import { createRequire } from "node:module";
import { dirname } from "node:path";
import { types } from "node:util";
import { MODULE_EXPORTS, MODULE_EXPORTS_DEFAULT, urlOfKey } from "./module-keys.ts";
import { scanModule } from "./module-scan.ts";

/** An export as a worker can import it. */
export interface FoundExport {
  readonly url: string;
  readonly name: string;
}

/** An export as the index lists it. */
interface ListedExport {
  /** The module's key in Bun's registry: its path, with its query. */
  readonly file: string;
  readonly name: string;
}

const registry = createRequire(import.meta.url).cache;
const indexed: Set<string> = new Set();
const exportsOf: WeakMap<object, ListedExport[]> = new WeakMap();

/** The key of a program that is given by `-e` or on standard input: there is no file that a worker could import. */
const FILELESS_MAIN = /[\\/]\[(?:eval|stdin)\]$/;

/** The source of a getter that only returns a binding, as bundlers and TypeScript write them into CommonJS modules. */
const FORWARDER =
  /^(?:\(\)\s*=>\s*|(?:function|get)\s*[\w$]*\s*\(\)\s*\{\s*return\s+)[\w$]+(?:\.[\w$]+|\[[\w$]+\])*;?\s*\}?$/;

/** Whether the registry lists this file: an ES module once it is evaluated, a CommonJS module as soon as it starts. */
export function isListed(file: string): boolean {
  return file in registry;
}

/** Whether the registry lists this file as a CommonJS module, which may still be running. */
export function isCommonJs(file: string): boolean {
  return isListed(file) && !types.isModuleNamespaceObject(registry[file]?.exports);
}

/** The module and the name of an export that is this very function; undefined when the index has none. */
export function findExport(callable: object): FoundExport | undefined {
  indexNewModules();
  const listed = exportsOf.get(callable)?.filter((entry) => valueAt(entry) === callable);
  if (listed === undefined || listed.length === 0) return undefined;
  const { file, name } =
    listed.length === 1 ? (listed[0] as ListedExport) : preferredExport(callable, listed);
  return { url: urlOfKey(file), name };
}

/** The same without the index, by the function's own name alone: it reads every module (0.4 µs each). */
export function findLateExport(callable: object, name: string): FoundExport | undefined {
  const keys = Reflect.ownKeys(registry) as string[];
  const file = keys.find(
    (key) => !FILELESS_MAIN.test(key) && valueAt({ file: key, name }) === callable,
  );
  return file === undefined ? undefined : { url: urlOfKey(file), name };
}

function indexNewModules(): void {
  // Reflect.ownKeys takes a third of the time of Object.keys, because it reads no descriptors.
  for (const file of Reflect.ownKeys(registry) as string[]) {
    if (!indexed.has(file) && !FILELESS_MAIN.test(file) && indexModule(file)) indexed.add(file);
  }
}

/** Returns false when an export cannot be read yet, because it comes from a module that is still being evaluated. */
function indexModule(file: string): boolean {
  const exported: unknown = registry[file]?.exports;
  // Reading a Proxy runs its traps, which are user code.
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

/**
 * Reads an export without running user code: of getters, only those that return a binding are called.
 *
 * @throws ReferenceError when the binding is not initialised yet
 */
function readExport(exported: object, property: string): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(exported, property);
  if (descriptor?.get === undefined) return descriptor?.value;
  // oxlint-disable-next-line typescript/unbound-method -- only its text is wanted
  const isForwarder = FORWARDER.test(Function.prototype.toString.call(descriptor.get));
  return isForwarder ? Reflect.get(exported, property) : undefined;
}

/**
 * Chooses among several modules that export the function.
 *
 * Avoids the main module, because importing it in a worker runs the application's top level. Then prefers the module
 * that defines the function: modules that export it again import that one, and it imports none of them.
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
