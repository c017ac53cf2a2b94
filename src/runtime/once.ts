/**
 * What must exist once in a thread, whatever entry of the package it is reached by: the classes that users see, and the
 * globals as they were. The build makes one file of it, which all the others share: `scripts/build/with-bytecode.ts`.
 */
import { takeGlobals } from "./builtin-modules.ts";

export * from "../errors.ts";
export { getBuiltinModule, takeGlobals } from "./builtin-modules.ts";
export * from "./globals.ts";

// Code that is loaded later must find them as they were.
takeGlobals();
