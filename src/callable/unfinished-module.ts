/*
 * Guesses the module of a function that no evaluated module exports, while modules are still being evaluated. Mostly it
 * is the main module, whose top level makes the pool and puts the request.
 *
 * An unfinished ES module is not in the registry, so its exports cannot be compared, but its text can be read. The
 * worker must import the module, and so run its top level, to know whether the guess is right. So a module is guessed
 * only when its text exports something by the function's name. The worker compares source texts, so a wrong guess costs
 * that import and nothing else.
 *
 * The candidates are the files of the calling stack frames, innermost first. (`callerSourceOrigin()` of `bun:jsc` names
 * the innermost frame alone, and that one is this package's.) A strict function leaves no frame when the call is its
 * last act (a proper tail call), so the main module is the last candidate.
 */

import { basename, extname, isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { getCallSites } from "node:util";
import { isCommonJs, isListed } from "./find-export.ts";
import { scanModule } from "./module-scan.ts";
import { OWN_FOLDER } from "../runtime/own-folder.ts";

/** The module in which a function is perhaps defined. */
export interface Home {
  readonly file: string;
  readonly url: string;
}

/** Most stack frames that are searched for a module. */
const MAX_FRAMES = 50;

/** The main module, if it is still being evaluated; undefined in a worker, whose `Bun.main` is its own script. */
export function evaluatingMain(): string | undefined {
  return Bun.isMainThread && isEvaluating(Bun.main) ? Bun.main : undefined;
}

/** Whether a module is not evaluated to its end yet; false for every CommonJS module that has started. */
export function isEvaluating(file: string): boolean {
  return !isListed(file);
}

/** A module that may still be being evaluated, and whose text exports a function by this name. */
export function findEvaluatingHome(name: string): Home | undefined {
  const file = callingFiles().find(
    (candidate) => isUnfinished(candidate) && mayExport(candidate, name),
  );
  return file === undefined ? undefined : { file, url: pathToFileURL(file).href };
}

/** Whether a module may be unfinished: of a CommonJS module, nothing tells whether it has run to its end. */
function isUnfinished(file: string): boolean {
  return isEvaluating(file) || isCommonJs(file);
}

function callingFiles(): string[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = MAX_FRAMES;
  try {
    const files = new Set(getCallSites(MAX_FRAMES).map(({ scriptName }) => scriptName));
    if (Bun.isMainThread) files.add(Bun.main);
    return [...files].filter(
      (file) => isAbsolute(file) && (OWN_FOLDER === undefined || !file.startsWith(OWN_FOLDER)),
    );
  } finally {
    Error.stackTraceLimit = limit;
  }
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
  const stem = basename(file, extname(file)).replace(/[^\w$]/g, "_");
  if (name === `${stem}_default`) return true;
  return new RegExp(`export\\s+default\\s+(?:async\\s+)?(?:function\\s*\\*?\\s*)?${word}`).test(
    text,
  );
}
