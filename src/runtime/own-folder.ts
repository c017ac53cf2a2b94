import { basename, dirname, join, sep } from "node:path";

/** The file of a built package that this code may be in: the entry, or a chunk. */
const BUILT_FILE = /^ringpool(-[0-9a-z]+)?\.js$/;

/**
 * The folders of this package's own code, each with a separator at its end: a stack frame in them is not the user's code.
 *
 * In a built package a frame names the source, where Bun finds the source map, and otherwise the built file. There are
 * none in the bundle of a program, where every stack frame has the path of the bundle. This file is no part of `index.ts`,
 * because a worker, which must start quickly, needs neither this file nor `node:path`.
 */
const OWN_FOLDERS: readonly string[] = ownFolders(import.meta.path);

function ownFolders(file: string): readonly string[] {
  const folder = dirname(file);
  if (basename(file) === "own-folder.ts") return [dirname(folder) + sep];
  if (!BUILT_FILE.test(basename(file))) return [];
  const built = ["dist", "src", "native-queue"];
  return built.map((name) => join(dirname(folder), name) + sep);
}

/** Whether a file is this package's own. */
export function isOwnFile(file: string): boolean {
  return OWN_FOLDERS.some((folder) => file.startsWith(folder));
}

/** Whether a line of a stack is a frame of this package's own code. */
export function isOwnFrame(line: string): boolean {
  return OWN_FOLDERS.some((folder) => line.includes(folder));
}
