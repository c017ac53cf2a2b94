/*
 * All the places at which a module offers functions: its exports, and what a path of properties leads to from there, such
 * as `XLSX.utils.aoa_to_sheet`. Nothing here runs code of the module.
 */

import { MODULE_EXPORTS, MODULE_EXPORTS_DEFAULT } from "./module-keys.ts";
import { ArrayBuffer, Set, functionText, utilTypes } from "../runtime/index.ts";

/** Where a module offers a function. */
export interface Place {
  /** The name of the export. */
  readonly name: string;
  /** The properties to follow from the export's value. */
  readonly path: readonly string[];
}

/** Is called with each function. Returns true to end the search in this module. */
export type Visitor = (value: object, name: string, path: readonly string[]) => boolean | void;

const LONGEST_PATH = 3;
/** Properties that are read in one module: some export tables of thousands of objects. */
const MOST_PROPERTIES = 5000;
const NO_PATH: readonly string[] = [];
/** The own properties that every function may have, and that lead nowhere. */
const OF_EVERY_FUNCTION: ReadonlySet<string> = new Set([
  "length",
  "name",
  "prototype",
  "arguments",
  "caller",
]);

/** The source of a getter that only returns a binding, as bundlers and TypeScript write them into CommonJS modules. */
const FORWARDER =
  /^(?:\(\)\s*=>\s*|(?:function|get)\s*[\w$]*\s*\(\)\s*\{\s*return\s+)[\w$]+(?:\.[\w$]+|\[[\w$]+\])*;?\s*\}?$/;

/**
 * Visits every function that a module offers.
 *
 * @param longestPath how many properties to follow from an export
 * @returns false when an export cannot be read yet, because its module is still being evaluated
 */
export function visitFunctions(
  exported: unknown,
  visit: Visitor,
  longestPath: number = LONGEST_PATH,
): boolean {
  if (!isReadable(exported)) return true;
  return new Walk(visit, longestPath).module(exported);
}

/** What stands at a place now; undefined when nothing does, or it cannot be read. */
export function valueAt(exported: unknown, { name, path }: Place): unknown {
  try {
    let value: unknown = exported;
    for (const property of name === MODULE_EXPORTS ? path : [propertyOf(name), ...path]) {
      if (!isObject(value) || utilTypes().isProxy(value)) return undefined;
      value = readProperty(value, property);
    }
    return value;
  } catch {
    return undefined;
  }
}

class Walk {
  readonly #visit: Visitor;
  readonly #longestPath: number;
  readonly #seen = new Set<object>();
  #left = MOST_PROPERTIES;
  #isDone = false;

  constructor(visit: Visitor, longestPath: number) {
    this.#visit = visit;
    this.#longestPath = longestPath;
  }

  module(exported: object): boolean {
    const isNamespace = utilTypes().isModuleNamespaceObject(exported);
    let isComplete = true;
    this.#seen.add(exported);
    if (typeof exported === "function")
      this.#isDone = this.#visit(exported, MODULE_EXPORTS, NO_PATH) === true;
    const holders: [object, string][] = [];
    for (const property of propertiesOf(exported)) {
      if (this.#isDone) return isComplete;
      const name = property === "default" && !isNamespace ? MODULE_EXPORTS_DEFAULT : property;
      let value: unknown;
      try {
        value = readProperty(exported, property);
      } catch {
        isComplete = false;
        continue;
      }
      if (typeof value === "function") this.#isDone = this.#visit(value, name, NO_PATH) === true;
      if (isObject(value)) holders.push([value, name]);
    }
    for (const [holder, name] of holders) this.#properties(holder, name, NO_PATH);
    return isComplete;
  }

  #properties(holder: object, name: string, path: readonly string[]): void {
    if (this.#isDone || this.#seen.has(holder) || !isHolder(holder)) return;
    this.#seen.add(holder);
    const below: [object, readonly string[]][] = [];
    for (const property of propertiesOf(holder)) {
      if (this.#isDone || --this.#left < 0) return;
      const value = tryRead(holder, property);
      if (!isObject(value)) continue;
      const here = [...path, property];
      if (typeof value === "function") this.#isDone = this.#visit(value, name, here) === true;
      if (here.length < this.#longestPath) below.push([value, here]);
    }
    for (const [next, here] of below) this.#properties(next, name, here);
  }
}

/** Whether an object may hold functions by name. */
function isHolder(value: object): boolean {
  return isReadable(value) && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/**
 * Whether what an object holds is what its module offers, and may be read. Reading a Proxy runs its traps, which are user
 * code. The global object, which some modules export, holds what other modules have put there, and a worker does not load
 * those.
 */
function isReadable(value: unknown): value is object {
  return isObject(value) && value !== globalThis && !utilTypes().isProxy(value);
}

function propertiesOf(holder: object): string[] {
  const names = Object.getOwnPropertyNames(holder);
  return typeof holder === "function"
    ? names.filter((name) => !OF_EVERY_FUNCTION.has(name))
    : names;
}

function propertyOf(name: string): string {
  return name === MODULE_EXPORTS_DEFAULT ? "default" : name;
}

function tryRead(holder: object, property: string): unknown {
  try {
    return readProperty(holder, property);
  } catch {
    return undefined;
  }
}

/**
 * Reads a property without running user code: of getters, only those that return a binding are called.
 *
 * @throws ReferenceError when the binding is not initialised yet
 */
function readProperty(holder: object, property: string): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(holder, property);
  if (descriptor?.get === undefined) return descriptor?.value;
  // oxlint-disable-next-line typescript/unbound-method -- only its text is wanted
  const getter: object = descriptor.get;
  const isForwarder = FORWARDER.test(functionText(getter)) || isOfBundler(holder, getter);
  return isForwarder ? Reflect.get(holder, property) : undefined;
}

/**
 * Whether a getter is one of those that Bun's bundler writes where it makes a CommonJS module of an ES module: a bound function. Its
 * text does not show what it does, but nothing else puts a bound function there.
 */
function isOfBundler(holder: object, getter: object): boolean {
  const name: unknown = Object.getOwnPropertyDescriptor(getter, "name")?.value;
  const isBound = typeof name === "string" && name.startsWith("bound ");
  return isBound && Object.getOwnPropertyDescriptor(holder, "__esModule")?.value === true;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
