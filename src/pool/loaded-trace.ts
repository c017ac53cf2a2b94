import type * as TraceRoom from "../trace/index.ts";

let loaded: typeof TraceRoom | undefined;

/** Traces. They are loaded by the first call, in the middle of it: most programs record none. */
export function loadedTrace(): typeof TraceRoom {
  // oxlint-disable-next-line typescript/no-require-imports -- an import would be loaded with this module
  return (loaded ??= require("../trace/index.ts") as typeof TraceRoom);
}
