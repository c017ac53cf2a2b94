/** This file, in the sources: the package's folder, a separator, and the separator again. */
const IN_SOURCES = /^(.*([\\/]))src[\\/]runtime[\\/]own-folder\.ts$/;
/** A file of a built package that this code may be in: the entry, or a chunk. */
const IN_PACKAGE = /^(.*([\\/]))dist[\\/](?:ringpool|worker)(?:-[0-9a-z]+)?\.c?js$/;

/**
 * The folders of this package's own code, each with a separator at its end: a stack frame in them is not the user's code.
 *
 * In a built package a frame names the source, where Bun finds the source map, and otherwise the built file. There are
 * none in the bundle of a program, where every stack frame has the path of the bundle.
 */
const OWN_FOLDERS: readonly string[] = ownFolders(import.meta.path);

function ownFolders(file: string): readonly string[] {
  const [, root = "", separator = ""] = IN_SOURCES.exec(file) ?? IN_PACKAGE.exec(file) ?? [];
  if (root === "") return [];
  return ["src", "native-queue", "dist"].map((name) => root + name + separator);
}

/** Whether this code was bundled into a file of the program, or is a worker that was started from such code. */
export const IS_BUNDLED: boolean = OWN_FOLDERS.length === 0;

/** Whether a file is this package's own. */
export function isOwnFile(file: string): boolean {
  return OWN_FOLDERS.some((folder) => file.startsWith(folder));
}

/** Whether a line of a stack is a frame of this package's own code. */
export function isOwnFrame(line: string): boolean {
  return OWN_FOLDERS.some((folder) => line.includes(folder));
}
