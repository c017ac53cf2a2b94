import type * as ObjectsOfClasses from "./objects-of-classes.ts";

let objectsOfClasses: typeof ObjectsOfClasses | undefined;

/** What objects of classes need. It is loaded by the first call, in the middle of it: see `loadedCodec`. */
export function loadedClasses(): typeof ObjectsOfClasses {
  // oxlint-disable-next-line typescript/no-require-imports -- an import would be loaded with this module
  return (objectsOfClasses ??= require("./objects-of-classes.ts") as typeof ObjectsOfClasses);
}
