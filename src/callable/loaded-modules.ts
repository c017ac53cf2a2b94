/*
 * The modules that the program has loaded so far, in a list that only grows: what was found out about the first of them
 * needs to be found out only about the others.
 */

import { registry } from "./module-registry.ts";
import { Bun, Set, isOwnFile, onReload, performanceNow } from "../runtime/index.ts";

/** In so short a time no module is read, compiled and evaluated: the smallest takes 18 µs. */
const SHORTEST_LOAD_MS = 0.015;
/** Where another answer will do, looking takes at most this share of the time. */
const MOST_OF_THE_TIME = 0.05;

/** The main module comes first, although the registry does not list it while it is evaluated. */
const files: string[] = Bun.isMainThread ? [Bun.main] : [];
const known: Set<string> = new Set(files);
let listed = 0;
let last: string | undefined;
let askedAt = -Infinity;
/** Whether a module may have been loaded since the last look. */
let mayHaveGrown = true;
let lookedAt = -Infinity;
let lookTookMs = 0;
/** What was spent instead of looking since the last look. */
let savedMs = 0;

/**
 * The keys of the modules, without those of this package. The array stays the same one, and only grows.
 *
 * To look costs 75 ns for each module (Bun answers by a Proxy). So this does not look when it was asked less than 15 µs ago.
 */
export function loadedModules(): readonly string[] {
  const now = performanceNow();
  if (mayHaveGrown || mayGrowUntil(now)) look();
  return files;
}

/**
 * The same, where something else can be done for this time. Looks when all that was done instead of the last look has taken as
 * long as a look.
 *
 * @param insteadMs how long the other thing takes; 0 when it takes nothing, and then looking takes a small share of the time
 * @returns the modules, or undefined when there may be more of them
 */
export function loadedModulesIfQuick(insteadMs: number): readonly string[] | undefined {
  const now = performanceNow();
  if (!mayHaveGrown && !mayGrowUntil(now)) return files;
  savedMs += insteadMs;
  if (savedMs < lookTookMs && (now - lookedAt) * MOST_OF_THE_TIME < lookTookMs) return undefined;
  look();
  return files;
}

/** The modules as of the last look. */
export function seenModules(): readonly string[] {
  return files;
}

function mayGrowUntil(now: number): boolean {
  if (now - askedAt >= SHORTEST_LOAD_MS) mayHaveGrown = true;
  askedAt = now;
  return mayHaveGrown;
}

function look(): void {
  // What it takes to find the registry, once, is no measure of a look.
  const modules = registry();
  lookedAt = performanceNow();
  addNew(Reflect.ownKeys(modules) as string[]);
  mayHaveGrown = false;
  askedAt = performanceNow();
  lookTookMs = askedAt - lookedAt;
  savedMs = 0;
}

/** After a reload all modules are other ones. */
onReload(() => {
  files.splice(Bun.isMainThread ? 1 : 0, Infinity);
  known.clear();
  for (const file of files) known.add(file);
  listed = 0;
  last = undefined;
  mayHaveGrown = true;
});

function addNew(keys: readonly string[]): void {
  if (keys.length === listed && keys.at(-1) === last) return;
  listed = keys.length;
  last = keys.at(-1);
  for (const key of keys) {
    if (known.has(key) || isOwnFile(key)) continue;
    known.add(key);
    files.push(key);
  }
}
