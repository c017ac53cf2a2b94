/* Which loaded module imports which, as far as their texts tell. */

import { scanModule } from "./module-scan.ts";
import { isListed } from "./module-registry.ts";
import { Map, Set, onReload, resolveModuleSync, paths } from "../runtime/index.ts";

/** Most modules that are read in one search. */
const MOST_READ = 200;

/** The files that a module's text imports, loaded or not. */
const dependencies: Map<string, readonly string[]> = new Map();

onReload(() => dependencies.clear());

/**
 * The module that imports the others, directly or through modules in between. When several do, or the texts do not tell, the
 * one that was loaded first: a module is listed before those that it imports.
 *
 * @param files in the order of their loading; at least one
 */
export function outermost(files: readonly string[]): string {
  const [first, ...others] = files as [string, ...string[]];
  let outer = first;
  for (const file of others) if (!reaches(outer, file) && reaches(file, outer)) outer = file;
  return outer;
}

/** Whether a module imports another one, directly or through loaded modules in between. */
function reaches(from: string, to: string): boolean {
  const seen = new Set([from]);
  const queue = [from];
  for (let at = 0; at < queue.length && at < MOST_READ; at++) {
    for (const next of importsOf(queue[at] as string)) {
      if (next === to) return true;
      if (seen.has(next) || !isListed(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return false;
}

function importsOf(file: string): readonly string[] {
  const known = dependencies.get(file);
  if (known !== undefined) return known;
  const folder = paths().dirname(file);
  const specifiers = new Set(scanModule(file)?.imports);
  const found = Array.from(specifiers, (specifier) => tryResolve(specifier, folder)).filter(
    (resolved) => resolved !== undefined,
  );
  dependencies.set(file, found);
  return found;
}

function tryResolve(specifier: string, folder: string): string | undefined {
  try {
    return resolveModuleSync(specifier, folder);
  } catch {
    return undefined;
  }
}
