import { basename, dirname, sep } from "node:path";

/**
 * The folder of this package's sources, with a separator at its end. Stack frames in it belong to no user.
 * Undefined in a bundle, where all frames have the path of the bundle.
 */
export const OWN_FOLDER: string | undefined =
  basename(import.meta.path) === "own-folder.ts"
    ? dirname(dirname(import.meta.path)) + sep
    : undefined;
