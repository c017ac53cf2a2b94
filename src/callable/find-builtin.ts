/* Finds a function by identity among the exports of the built-in modules, and among the functions of `Bun`. */

import { valueAt, visitFunctions } from "./export-places.ts";
import type { Visitor } from "./export-places.ts";
import type { ExportPlace } from "./definition.ts";
import { readModule } from "./module-scan.ts";
import { Bun, getBuiltinModule, Set, WeakMap } from "../runtime/index.ts";

/** A text that is a module's name, as in an import. */
const QUOTED = /["'](?:node:)?((?:bun:)?[\w/]+)["']/g;

/** `fs.promises.readFile`, `util.types.isDate`, `Bun.hash.xxHash64`. */
const LONGEST_PATH = 1;

/** Modules that export what is global too. */
const WITH_GLOBALS: ReadonlySet<string> = new Set([
  "buffer",
  "console",
  "process",
  "timers",
  "url",
]);

const found: WeakMap<object, ExportPlace> = new WeakMap();
const visited: Set<string> = new Set();

/**
 * The built-in module that exports this very function.
 *
 * A program has imported the module, so it is mostly one that the calling modules name. The others are searched only for a
 * function that can be sent in no other way, because that loads them (30 ms).
 *
 * @param files the modules that may have imported it
 * @param searched only the modules that these files name; those too that export globals; or all
 */
export function findBuiltin(
  callable: object,
  name: string,
  files: readonly string[],
  searched: "named" | "global" | "all",
): ExportPlace | undefined {
  if (valueAt(Bun, { name, path: [] }) === callable) return { url: "bun", name };
  const builtins = getBuiltinModule("node:module").builtinModules.filter(isPublic);
  const named = new Set(files.flatMap(quotedIn));
  const isSearched = (module: string): boolean =>
    searched === "all" || (searched === "global" && WITH_GLOBALS.has(module));
  const others = builtins.filter((module) => !named.has(module) && isSearched(module));
  for (const module of [...builtins.filter((each) => named.has(each)), "bun", ...others]) {
    if (found.has(callable)) break;
    // Some modules load a part of themselves only when a property is read.
    if (tryRead(urlOf(module), name) === callable) return { url: urlOf(module), name };
    visit(module);
  }
  return found.get(callable);
}

/** The others print a warning when they are loaded, or belong to a test runner. */
function isPublic(module: string): boolean {
  return !module.startsWith("_") && module !== "bun" && module !== "bun:test";
}

function quotedIn(file: string): string[] {
  const text = readModule(file) ?? "";
  return Array.from(text.matchAll(QUOTED), ([, module]) => module as string);
}

function visit(module: string): void {
  if (visited.has(module)) return;
  visited.add(module);
  const url = urlOf(module);
  const add: Visitor = (value, name, path) => {
    if (found.has(value)) return;
    found.set(value, path.length === 0 ? { url, name } : { url, name, path });
  };
  visitFunctions(tryLoad(url), add, LONGEST_PATH);
}

function urlOf(module: string): string {
  return module.startsWith("bun") ? module : `node:${module}`;
}

function tryRead(url: string, name: string): unknown {
  try {
    return (getBuiltinModule(url) as unknown as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

function tryLoad(url: string): unknown {
  try {
    return getBuiltinModule(url);
  } catch {
    return undefined;
  }
}
