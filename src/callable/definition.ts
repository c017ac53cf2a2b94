import { functionText, hashOf } from "../runtime/index.ts";

/**
 * Any function that needs no `this`: a callable travels without its object. With `never[]`, functions of every parameter
 * list are assignable to it.
 */
export type Callable = (this: void, ...args: never[]) => unknown;

/** What a worker needs to find a callable; plain JSON, sent to each worker once. */
export type CallableDefinition = LoadableDefinition | RunnerDefinition;

/** What `loadCallable` finds the function of. */
export type LoadableDefinition = FunctionDefinition | LocalDefinition;

/** What a worker needs to find one function. */
export type FunctionDefinition = ExportDefinition | EvaluatingDefinition | SourceDefinition;

/** The export `name` of the module at `url`, or what a path of properties leads to from there. */
export interface ExportDefinition {
  readonly kind: "export";
  readonly url: string;
  /** The module within a bundle at `url`, as the plugin of `ringpool/build` names it. Left out for a module of its own. */
  readonly bundled?: string;
  readonly name: string;
  /** The properties to follow from the export's value; none when the function is the export itself. */
  readonly path?: readonly string[];
  /** Tells the function's text; see `fingerprintOf`. Left out when any function of that name is meant (`fromModule`). */
  readonly fingerprint?: string;
}

/** Where a function stands, as a worker can import it. */
export type ExportPlace = Pick<ExportDefinition, "url" | "bundled" | "name" | "path">;

/** An export of the module at `url`, which the parent was still evaluating: the one whose source text is `source`. */
export interface EvaluatingDefinition {
  readonly kind: "evaluating";
  readonly url: string;
  readonly name: string;
  readonly source: string;
  /** Whether an export of that name will do that has another text, because the program was loaded again. */
  readonly isRenewed?: true;
}

/** A function that is made from its source text alone. */
export interface SourceDefinition {
  readonly kind: "source";
  readonly name: string;
  readonly source: string;
}

/** A function of this very thread, for a worker in it: see `describeHere`. It cannot cross to another thread. */
export interface LocalDefinition {
  readonly kind: "local";
  /** For people. */
  readonly name: string;
  /** Its module, if it has one. */
  readonly url?: string;
  /** Tells it from others. */
  readonly number: number;
  /** Whether `load` gives the same function each time, so that it may be kept. */
  readonly isLasting: boolean;
  readonly load: () => LocalFunction | Promise<LocalFunction>;
}

/** A function as it is called in this thread. */
export type LocalFunction = (...args: unknown[]) => unknown;

/** What a worker needs to find an AsyncLocalStorage: the export `name` of a module, itself or within a bundle. */
export type StorageDefinition = Pick<ExportDefinition, "url" | "bundled" | "name">;

/**
 * A function that the worker itself has, and that calls other functions: for each item of a chunk, for example. A request
 * that names it runs the runner, which gets the functions once.
 */
export interface RunnerDefinition {
  readonly kind: "runner";
  /** Which runner. */
  readonly name: string;
  /** The functions that it calls. */
  readonly functions: readonly LoadableDefinition[];
}

/**
 * Tells a function by its text. Parent and worker compare it, so that no other function runs under the same name: one
 * that the program has put in the place of an export, or that a module chooses for each thread.
 */
export function fingerprintOf(callable: object): string {
  return hashOf(functionText(callable)).toString(36);
}
