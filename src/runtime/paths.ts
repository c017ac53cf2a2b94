import { process } from "./globals.ts";

const ABSOLUTE_ON_WINDOWS = /^(?:[A-Za-z]:)?[\\/]/;
const isWindows = process.platform === "win32";

/** `isAbsolute()` of `node:path`, which would have to be loaded for it. */
export function isAbsolutePath(path: string): boolean {
  return isWindows ? ABSOLUTE_ON_WINDOWS.test(path) : path.startsWith("/");
}
