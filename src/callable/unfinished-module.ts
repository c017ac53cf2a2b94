/*
 * Finds the module of a function that no listed module offers, while modules are still being evaluated. Mostly it
 * is the main module, whose top level awaits the request that it puts.
 *
 * The exports of such a module cannot be read, but its text can. It is taken for the function's home when its text exports something by the
 * function's name, and when the function is proved to be made by its top level (`binding-proof.ts`). The worker imports the
 * module, and so runs its top level, and takes the export with the function's source text.
 *
 * The candidates are the files of the calling stack frames, innermost first. (`callerSourceOrigin()` of `bun:jsc` names
 * the innermost frame alone, and that one is this package's.) A strict function leaves no frame when the call is its last
 * act (a proper tail call), so the main module is the last candidate.
 */

import { isMadeAtTopLevel } from "./binding-proof.ts";
import {
  isCommonJs,
  isEvaluating,
  isListed,
  tryListEvaluating,
  registry,
} from "./module-registry.ts";
import { defaultNameOf, readModule, scanModule } from "./module-scan.ts";
import {
  Bun,
  Map,
  Set,
  isOwnFile,
  isAbsolutePath,
  bunPathToFileURL,
  callingFiles as scriptsOfCallers,
  onReload,
} from "../runtime/index.ts";

/** The module that makes a function. */
export interface Home {
  readonly file: string;
  readonly url: string;
}

const PACKAGES = /[\\/]node_modules[\\/]/;

/** Most stack frames that are searched for a module. */
const MAX_FRAMES = 50;

/** The main module, if it is still being evaluated; undefined in a worker, whose `Bun.main` is its own script. */
export function evaluatingMain(): string | undefined {
  return Bun.isMainThread && isEvaluating(Bun.main) ? Bun.main : undefined;
}

/**
 * Lists the modules that are being evaluated and have called this, as far as they can be listed.
 *
 * @param withMain the main module too, which is the last choice of all
 * @returns whether there is one that was not listed before
 */
export function listCallers(withMain: boolean): boolean {
  let hasNew = false;
  for (const file of framedFiles())
    if ((withMain || file !== Bun.main) && tryListEvaluating(file)) hasNew = true;
  return hasNew;
}

/** A module that is being evaluated, or may still be, and that makes and exports this function. */
export function findEvaluatingHome(
  callable: object,
  name: string,
  source: string,
): Home | undefined {
  const callers = callingFiles();
  const isHome = (file: string): boolean =>
    isUnfinished(file) &&
    mayExport(file, name) &&
    isMadeAtTopLevel(callable, source, file, [...callers, ...Object.keys(registry())]);
  const home = callers.find(isHome);
  return home === undefined ? undefined : { file: home, url: bunPathToFileURL(home).href };
}

/** The files of the calling stack frames, innermost first, and at last the main module. */
function callingFiles(): string[] {
  const files = framedFiles();
  if (Bun.isMainThread) files.add(Bun.main);
  return [...files];
}

/**
 * The modules in which a function may have been written: those that have called this, and if its text is in none of them,
 * all modules of the program that are no packages.
 */
export function modulesAround(source: string): string[] {
  const callers = callingFiles();
  const line = longestLine(source);
  const isSeen = callers.some((file) => bareText(file).includes(line));
  if (isSeen) return callers;
  const own = Object.keys(registry()).filter((file) => !PACKAGES.test(file) && !isOwnFile(file));
  return [...new Set([...callers, ...own])];
}

const bareTexts: Map<string, string> = new Map();

onReload(() => bareTexts.clear());

function bareText(file: string): string {
  const known = bareTexts.get(file) ?? bare(readModule(file) ?? "");
  bareTexts.set(file, known);
  return known;
}

/** The longest line of a text: types, which the engine's text has lost, are rare within the body of a function. */
function longestLine(source: string): string {
  return source
    .split("\n")
    .map(bare)
    .reduce((longest, line) => (line.length > longest.length ? line : longest));
}

function bare(text: string): string {
  return text.replaceAll(/\s+/g, "");
}

/** Whether a module may be unfinished: of a CommonJS module, nothing tells whether it has run to its end. */
function isUnfinished(file: string): boolean {
  return !isListed(file) || isCommonJs(file);
}

/** The files of the calling stack frames, innermost first. */
export function framedFiles(): Set<string> {
  const files = scriptsOfCallers(MAX_FRAMES);
  return new Set(files.filter((file) => isAbsolutePath(file) && !isOwnFile(file)));
}

function mayExport(file: string, name: string): boolean {
  const scan = scanModule(file);
  if (scan === undefined) return false;
  if (scan.exports.has(name)) return true;
  const word = `(?<![\\w$])${RegExp.escape(name)}(?![\\w$])`;
  if (scan.exports.size === 0)
    return new RegExp(`(?<![\\w$])exports(?![\\w$])[^;]*${word}`).test(scan.text);
  if (new RegExp(`${word}\\s+as\\s`).test(scan.text)) return true;
  return scan.exports.has("default") && isDefaultName(file, name, scan.text, word);
}

/**
 * Whether a function of this name may be the default export.
 *
 * Bun names a function without a name `default`, or after its file; any other name must follow `export default`.
 */
function isDefaultName(file: string, name: string, text: string, word: string): boolean {
  if (name === "default") return true;
  if (name === defaultNameOf(file)) return true;
  return new RegExp(`export\\s+default\\s+(?:async\\s+)?(?:function\\s*\\*?\\s*)?${word}`).test(
    text,
  );
}
