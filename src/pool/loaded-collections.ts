import type * as Collections from "../collections/index.ts";

let collections: typeof Collections | undefined;

/** The collections. They are loaded by the first call, in the middle of it: most programs start without one. */
export function loadedCollections(): typeof Collections {
  // oxlint-disable-next-line typescript/no-require-imports -- an import would be loaded with this module
  return (collections ??= require("../collections/index.ts") as typeof Collections);
}
