import type * as Errors from "../errors.ts";

let loaded: typeof Errors | undefined;

/**
 * The error classes, loaded with the first error that is made: most workers make none. In the built package, what else
 * must exist once in a thread comes with them, such as the globals as they were: see `scripts/build/with-bytecode.ts`.
 */
export function loadedErrors(): typeof Errors {
  // oxlint-disable-next-line typescript/no-require-imports -- an import would be loaded with this module
  return (loaded ??= require("../errors.ts") as typeof Errors);
}
