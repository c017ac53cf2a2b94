/** The path of this file in the package's folder. */
const IN_SOURCES = ["src", "runtime", "own-folder.ts"] as const;

/**
 * The folders of this package's own code, each with a separator at its end: a stack frame in them is not the user's code.
 *
 * In a built package a frame names the source, where Bun finds the source map, and otherwise the built file. There are
 * none in the bundle of a program, where every stack frame has the path of the bundle.
 */
const OWN_FOLDERS: readonly string[] = ownFolders(import.meta.path);

/** No regular expression: the first one that a thread runs costs a worker 100 KB, and this runs when a worker starts. */
function ownFolders(file: string): readonly string[] {
  const separator = file.lastIndexOf("/") > file.lastIndexOf("\\") ? "/" : "\\";
  const [name = "", folder = "", above = ""] = file.split(separator).toReversed();
  const isBuilt = folder === "dist" && isBuiltName(name);
  const isSource = above === IN_SOURCES[0] && folder === IN_SOURCES[1] && name === IN_SOURCES[2];
  if (!isBuilt && !isSource) return [];
  const inRoot = isBuilt ? ["dist", name].join(separator) : IN_SOURCES.join(separator);
  const root = file.slice(0, -inRoot.length);
  return ["src", "native-queue", "dist"].map((part) => root + part + separator);
}

/** Whether a file of a built package may have this name and hold this code: the entry, or a chunk. */
function isBuiltName(name: string): boolean {
  const [stem = "", extension = "", ...more] = name.split(".");
  const [first, , ...rest] = stem.split("-");
  const isNamed = (first === "ringpool" || first === "worker") && rest.length === 0;
  return isNamed && (extension === "js" || extension === "cjs") && more.length === 0;
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
