/*
 * The short way for a function that is written where it is put, `pool.run((n) => n * 2, [21])`: a new function each time,
 * of a text that was sent before.
 *
 * A text tells which function it is only when it means the same wherever it stands. A text that takes nothing from around it
 * does. One that uses a global does, unless a module binds that name around it: so it is proved for each module that the
 * program has loaded, once. Everything else takes the long way (`describe.ts`).
 */

import type { Callable, SourceDefinition } from "./definition.ts";
import { isOffered, wasOffered } from "./find-export.ts";
import { hasText, internedSource } from "./interned.ts";
import type { InternedSource } from "./interned.ts";
import { loadedModules, loadedModulesIfQuick, seenModules } from "./loaded-modules.ts";
import { isPlainArrow, isSelfSufficient } from "./plain-arrow.ts";
import { freeNames, isBoundAround, isGlobalName, standsIn } from "./scope.ts";
import { framedFiles } from "./unfinished-module.ts";
import { functionText } from "../runtime/index.ts";

const PACKAGES = /[\\/]node_modules[\\/]/;
/** A put that takes the long way costs as much as reading so many modules. */
const MODULES_PER_PUT = 8;
/** To read the files on the stack takes about so long. */
const STACK_MS = 0.004;
const MOST_CALLERS = 16;

/**
 * The definition of a function whose text was sent before and means the same here; undefined when the long way must tell.
 *
 * An exported function is told by its identity, whatever its text.
 */
export function knownSource(callable: Callable): SourceDefinition | undefined {
  const source = functionText(callable);
  if (!hasText(source)) return undefined;
  const known = internedSource(callable.name, source);
  if (known === undefined || known.isShadowed) return undefined;
  if (known.globals === undefined) findGlobals(known);
  const { globals } = known;
  if (globals === null || globals === undefined) return undefined;
  if (known.isSelfSufficient) return known.definition;
  // Where there are no globals, a late answer only means that an export travels as source.
  const quick = loadedModulesIfQuick(globals.length > 0 ? STACK_MS : 0);
  if (quick === undefined && globals.length > 0) return provedForCallers(callable, known, globals);
  const modules = quick ?? seenModules();
  if (known.proved !== modules.length && !prove(known, globals, modules)) return undefined;
  return isOffered(callable, modules) ? undefined : known.definition;
}

/**
 * The stack tells more cheaply than a look at a long list of modules: while the same files are on it, and the text stands in one of
 * them, it is the same function.
 */
function provedForCallers(
  callable: Callable,
  known: InternedSource,
  globals: readonly string[],
): SourceDefinition | undefined {
  const callers = framedFiles();
  const key = [...callers].join("\n");
  if (known.callers.has(key)) return wasOffered(callable) ? undefined : known.definition;
  const modules = loadedModules();
  if (known.proved !== modules.length && !prove(known, globals, modules)) return undefined;
  if (isOffered(callable, modules)) return undefined;
  if ([...callers].some((file) => standsIn(file, known.definition.source))) {
    if (known.callers.size >= MOST_CALLERS) known.callers.clear();
    known.callers.add(key);
  }
  return known.definition;
}

function findGlobals(known: InternedSource): void {
  const { name, source } = known.definition;
  known.globals = globalsOf(known.definition);
  known.isSelfSufficient = name === "" && isSelfSufficient(source);
}

function globalsOf({ name, source }: SourceDefinition): readonly string[] | null {
  // A function that names itself may keep something in its own properties.
  if (name !== "" && source.includes(name) && source.split(name).length > 2) return null;
  if (isPlainArrow(source)) return [];
  const free = freeNames(source);
  return free?.every(isGlobalName) === true ? free : null;
}

/** Proves a text for the modules that were loaded since. Puts it off until it costs no more than the puts that wait for it. */
function prove(
  known: InternedSource,
  globals: readonly string[],
  modules: readonly string[],
): boolean {
  known.puts += 1;
  if (known.puts * MODULES_PER_PUT < modules.length - known.proved) return false;
  known.puts = 0;
  if (globals.length > 0) {
    const { source } = known.definition;
    // Functions of packages are compared with their module only if it calls the pool: the long way sees that.
    const own = modules.slice(known.proved).filter((file) => !PACKAGES.test(file));
    known.isShadowed = own.some((file) => isBoundAround(file, source, globals));
  }
  known.proved = modules.length;
  return !known.isShadowed;
}
