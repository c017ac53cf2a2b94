/**
 * Guesses the module of a function that no evaluated module exports, while modules are still
 * being evaluated: mostly the main module, whose top level makes the pool and puts the request.
 *
 * An unfinished ES module is not in the registry, so its exports cannot be compared. Its text can:
 * a guess is made only where the text exports something by the function's name, because the
 * worker will import the module, and run its top level, to find out. The worker then compares
 * sources, so a wrong guess costs that import and nothing else.
 *
 * Whose module: the files of the calling frames, innermost first. `callerSourceOrigin()` of
 * `bun:jsc` would name the innermost frame alone, and that is this package's. Strict functions
 * leave no frame when their last act is the call (proper tail calls), hence the main module as
 * the last guess.
 */

import { basename, extname, isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { getCallSites } from "node:util";
import { isCommonJs, isListed } from "./find-export.ts";
import { scanModule } from "./module-scan.ts";
import { OWN_FOLDER } from "../runtime/own-folder.ts";

export interface Home {
  readonly file: string;
  readonly url: string;
}

const MAX_FRAMES = 50;

/** The main module, if it is still being evaluated; a worker's `Bun.main` is not its own business. */
export function evaluatingMain(): string | undefined {
  return Bun.isMainThread && isEvaluating(Bun.main) ? Bun.main : undefined;
}

/** Whether this module is still to be evaluated, or still at it. Says no of every CommonJS module. */
export function isEvaluating(file: string): boolean {
  return !isListed(file);
}

/** A module that is perhaps still being evaluated and whose text exports a function by this name. */
export function findEvaluatingHome(name: string): Home | undefined {
  const file = callingFiles().find(
    (candidate) => isUnfinished(candidate) && mayExport(candidate, name),
  );
  return file === undefined ? undefined : { file, url: pathToFileURL(file).href };
}

/** A CommonJS module is listed from its start, and nothing says whether it has come to its end. */
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

/** Bun names a default function "default", or after its file; another name must stand behind the words. */
function isDefaultName(file: string, name: string, text: string, word: string): boolean {
  if (name === "default") return true;
  const stem = basename(file, extname(file)).replace(/[^\w$]/g, "_");
  if (name === `${stem}_default`) return true;
  return new RegExp(`export\\s+default\\s+(?:async\\s+)?(?:function\\s*\\*?\\s*)?${word}`).test(
    text,
  );
}
