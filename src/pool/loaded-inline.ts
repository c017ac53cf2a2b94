import type * as Inline from "../inline/index.ts";

let inline: typeof Inline | undefined;

/** The workers without threads. They are loaded by the first pool that has one: no program needs them but in its tests. */
export function loadedInline(): typeof Inline {
  // oxlint-disable-next-line typescript/no-require-imports -- an import would be loaded with this module
  return (inline ??= require("../inline/index.ts") as typeof Inline);
}
