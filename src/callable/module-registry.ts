/* Bun's registry of modules, `require.cache`. It lists evaluated ES modules as well as CommonJS ones. */

import { getBuiltinModule, onReload, queueMicrotask, Set, utilTypes } from "../runtime/index.ts";

let found: NodeJS.Require["cache"] | undefined;

/**
 * The modules by key, which is the path of the file, with its query. The order is that of their loading. To find the registry
 * takes half a millisecond, so it is found for the first callable, while the threads of a first pool start.
 */
export function registry(): NodeJS.Require["cache"] {
  return (found ??= getBuiltinModule("node:module").createRequire(import.meta.path).cache);
}

/** Taken when this loads: tests of programs replace it. */
const atEndOfTurn = queueMicrotask;

/** ES modules that are listed, and still run in the present turn of the event loop. */
const running: Set<string> = new Set();
/** Modules that were asked for and could not be listed, because they await something while they are evaluated. */
const awaiting: Set<string> = new Set();

onReload(() => {
  running.clear();
  awaiting.clear();
});

/** Whether the registry lists this file: an ES module once it is evaluated, a CommonJS module as soon as it starts. */
export function isListed(file: string): boolean {
  return file in registry();
}

/** Whether the registry lists this file as a CommonJS module, which may still be running. */
export function isCommonJs(file: string): boolean {
  return isListed(file) && !utilTypes().isModuleNamespaceObject(registry()[file]?.exports);
}

/** Whether an ES module is not evaluated to its end yet; false for every CommonJS module that has started. */
export function isEvaluating(file: string): boolean {
  return !isListed(file) || running.has(file);
}

/**
 * Makes the registry list a module that is being evaluated, so that its exports can be compared.
 *
 * `require()` of an ES module that is being evaluated gives its namespace and runs nothing. It throws when the module or
 * one that it imports awaits something at its top level, and then the module stays unlisted. Such a module ends within
 * the present turn, because nothing in it can wait.
 *
 * @param file a module that has begun: a stack frame of it was seen
 * @returns whether this has listed it; false when it was listed before
 */
export function tryListEvaluating(file: string): boolean {
  if (awaiting.has(file) || isListed(file)) return false;
  try {
    getBuiltinModule("node:module").createRequire(file)(file);
    running.add(file);
    atEndOfTurn(() => running.delete(file));
    return true;
  } catch {
    awaiting.add(file);
    return false;
  }
}
