import { basename, dirname, sep } from "node:path";

/**
 * The folder of this package's sources, with a separator at its end: a stack frame in it is not the user's code.
 *
 * Undefined in a bundle, where every stack frame has the path of the bundle. This file is no part of `index.ts`,
 * because a worker, which must start quickly, needs neither this file nor `node:path`.
 */
export const OWN_FOLDER: string | undefined =
  basename(import.meta.path) === "own-folder.ts"
    ? dirname(dirname(import.meta.path)) + sep
    : undefined;

/** Whether a file is a source of this package. */
export function isOwnFile(file: string): boolean {
  return OWN_FOLDER !== undefined && file.startsWith(OWN_FOLDER);
}
