/*
 * Finds a function by identity: the evaluated modules through which the program can reach it, and the one of them that a
 * worker is to import.
 *
 * A search reads every export of every module, 20 ns each. A program has few callables, and a few searches cost less than an index. A program that
 * makes functions all the time, most of which no module exports, gets the index: a set of all the functions that modules
 * offer.
 */

import { bundledModules } from "./bundled-modules.ts";
import type { BundledModule } from "./bundled-modules.ts";
import { findBundledExport, isImported } from "./find-bundled-export.ts";
import type { ExportPlace } from "./definition.ts";
import { valueAt, visitFunctions } from "./export-places.ts";
import type { Place } from "./export-places.ts";
import { outermost } from "./import-graph.ts";
import { urlOfKey } from "./module-keys.ts";
import { isListed, registry } from "./module-registry.ts";
import { Bun, Set, WeakSet, isOwnFile, onReload } from "../runtime/index.ts";

/** A place in a module. */
interface FilePlace extends Place {
  /** The module's key in the registry. */
  readonly file: string;
}

/** After so many searches the index is made. */
const SEARCHES_WITHOUT_INDEX = 8;

/** The key of a program that is given by `-e` or on standard input: there is no file that a worker could import. */
const FILELESS_MAIN = /[\\/]\[(?:eval|stdin)\]$/;

const PACKAGES = /[\\/]node_modules[\\/]/;

let searches = 0;
const indexed: Set<string> = new Set();
const offered: WeakSet<object> = new WeakSet();
/** So many of the loaded modules are in the index, or among the unfinished. */
let indexedModules = 0;
let indexedBundled = 0;
/** Modules that were still being evaluated when they were put into the index. */
let unfinished: string[] = [];

onReload(() => {
  indexed.clear();
  indexedModules = 0;
  indexedBundled = 0;
  unfinished = [];
});

/**
 * The module to import for this very function, and where it stands there; undefined when no module offers it.
 *
 * @param isGlobal of what every thread has, such as `Math.max`, only the program's own exports count: packages export it
 *   for their own use
 */
export function findExport(
  callable: object,
  name: string,
  isGlobal: boolean = false,
): ExportPlace | undefined {
  const bundled = findBundledExport(callable);
  // A package that is not in the bundle is a module of its own.
  if (bundled !== undefined && !isImported(bundled)) return bundled;
  searches += 1;
  if (searches > SEARCHES_WITHOUT_INDEX && !mayBeOffered(callable, name)) return bundled;
  const found = search(callable);
  const places = isGlobal ? found.filter(({ file }) => !PACKAGES.test(file)) : found;
  return places.length === 0 ? bundled : asExport(preferred(callable, places));
}

/**
 * Whether a module of the program offers this very function now. Reads every export, without the index: what a test puts in the place
 * of an export comes late, and under any name.
 */
export function isExportedNow(callable: object): boolean {
  return search(callable).length > 0;
}

function asExport({ file, name, path }: FilePlace): ExportPlace {
  const url = urlOfKey(file);
  return path.length === 0 ? { url, name } : { url, name, path };
}

function search(callable: object): FilePlace[] {
  const places: FilePlace[] = [];
  for (const file of files()) {
    visitFunctions(registry()[file]?.exports, (value, name, path) => {
      if (value === callable) places.push({ file, name, path });
    });
  }
  return places;
}

/**
 * Keys of the modules, in the order in which they were loaded, without those of this package. Reflect.ownKeys takes a third
 * of the time of Object.keys.
 */
function files(): string[] {
  return (Reflect.ownKeys(registry()) as string[]).filter(
    (file) => !isOwnFile(file) && !FILELESS_MAIN.test(file),
  );
}

/**
 * Asks the index, which misses what a module exports later: an `export let` that is assigned after evaluation, a property
 * that is added to `module.exports`. These are looked for by the function's own name.
 */
function mayBeOffered(callable: object, name: string): boolean {
  let isLate = false;
  for (const file of files()) {
    if (!indexed.has(file) && indexModule(file)) indexed.add(file);
    isLate ||= name !== "" && valueAt(registry()[file]?.exports, { name, path: [] }) === callable;
  }
  return isLate || offered.has(callable);
}

/**
 * Whether a module is known to offer this function. Costs next to nothing when no module was loaded since.
 *
 * @param modules as of `loadedModules`
 */
export function isOffered(callable: object, modules: readonly string[]): boolean {
  if (modules.length !== indexedModules) indexNew(modules);
  if (unfinished.length > 0) unfinished = unfinished.filter((file) => !indexModule(file));
  const bundled = bundledModules();
  if (bundled !== undefined) indexBundled(bundled);
  return offered.has(callable);
}

/** The same of the modules that are in the index already. */
export function wasOffered(callable: object): boolean {
  return offered.has(callable);
}

/** The modules of a bundle begin one after the other, and are not indexed while an export of theirs cannot be read. */
function indexBundled(bundled: ReadonlyMap<string, BundledModule>): void {
  if (indexedBundled === bundled.size) return;
  for (const [key, { exports }] of bundled) {
    if (exports === undefined || indexed.has(key)) continue;
    if (!visitFunctions(exports, (value) => void offered.add(value))) continue;
    indexed.add(key);
    indexedBundled += 1;
  }
}

function indexNew(modules: readonly string[]): void {
  for (const file of modules.slice(indexedModules)) {
    if (indexed.has(file) || FILELESS_MAIN.test(file)) continue;
    if (isListed(file) && indexModule(file)) indexed.add(file);
    else unfinished.push(file);
  }
  indexedModules = modules.length;
}

function indexModule(file: string): boolean {
  return visitFunctions(registry()[file]?.exports, (value) => {
    offered.add(value);
  });
}

/**
 * Chooses the place to import.
 *
 * The worker is to load what the program has loaded, with its effects: so the outermost module that offers the function.
 * In the program's own modules only exports count, if there are any: a table of handlers in a server's module is no
 * reason to load the server. The main module is the last choice, because importing it in a worker runs the application's top level.
 */
function preferred(callable: object, places: readonly FilePlace[]): FilePlace {
  const apart = places.filter(({ file }) => file !== Bun.main);
  const candidates = apart.length === 0 ? places : apart;
  const isExport = ({ file, path }: FilePlace): boolean => path.length === 0 || PACKAGES.test(file);
  const exports = candidates.some(({ path }) => path.length === 0)
    ? candidates.filter(isExport)
    : candidates;
  const file = outermost([...new Set(exports.map((place) => place.file))]);
  const ownName = (callable as { readonly name?: unknown }).name;
  const rankOf = ({ name, path }: FilePlace): number =>
    2 * path.length + Number((path.at(-1) ?? name) !== ownName);
  return exports
    .filter((place) => place.file === file)
    .reduce((best, place) => (rankOf(place) < rankOf(best) ? place : best));
}
