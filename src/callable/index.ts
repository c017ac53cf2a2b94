/**
 * The parent's door to the room of callables: from a function to a definition that a worker can use.
 *
 * A function cannot cross to another heap, so a worker gets a module and the name of an export, or source text.
 * The way back is the worker's door, `load.ts`; a worker never loads this one, so that it starts quickly.
 * This room knows nothing of pools, queues, requests, or how a definition travels.
 */
export type { Callable, CallableDefinition, FunctionDefinition } from "./definition.ts";
export { describeCallable } from "./describe.ts";
export { describeHere, isLiveMock } from "./local.ts";
export { FOR_THREADS, FOR_THIS_THREAD } from "./naming.ts";
export type { CallableNaming } from "./naming.ts";
export { describeStorage } from "./describe-storage.ts";
export { fromModule, isModuleCallable } from "./from-module.ts";
export { evaluateInline } from "./inline.ts";
export { intern } from "./interned.ts";
export type { FunctionNames, ModuleCallable, ModuleCallables } from "./from-module.ts";
export { isListed } from "./module-registry.ts";
export { renewed, renewedFunction } from "./renewed.ts";
export { nameOfDefinition } from "./name-of-definition.ts";
export { Runner } from "./runner.ts";
