import type { ThreadPoolError } from "../errors.ts";
import { loadedErrors } from "./loaded-errors.ts";
import { Bun, Error, Set } from "./globals.ts";
import { workerThreads } from "./lazy-builtins.ts";
import { isOwnFile } from "./own-folder.ts";

/** A key of the global object, so that every copy of the package that a worker loads finds the same object. */
const INSIDE = Symbol.for("ringpool.insideWorker");
/** `workerData` of a worker of a pool. It tells modules that are loaded before the worker's own script, as by `preload`. */
export const WORKER_DATA = "a worker of a ringpool";
const STOPPED = Symbol.for("ringpool.evaluationStopped");

/** `"perhaps"` where nothing tells: the run was not marked when it began, and the calling code is called by an event. */
export type Answer = "yes" | "no" | "perhaps";

/** What code in a worker's thread can learn of the worker, and what an inert pool there tells the worker's loader. */
export interface InsideWorker {
  /** The path of the program's main module; undefined when the program has none. */
  mainPath: string | undefined;
  /** Whether the calling code belongs to a request or to the initializer. Code of a module that is loaded does not. */
  isInRun: () => Answer;
  /** Marks the runs from now on, so that `isInRun` knows the answer in every one that begins later. */
  markRuns: () => void;
  /** The URLs of the modules that the worker loads now for a callable. */
  readonly loading: Set<string>;
  /** Where an inert pool was last asked for something that never comes, as `file:line:column`. */
  askedAt: string | undefined;
  /** Called each time that an inert pool was asked for something that never comes. */
  readonly onAsked: Set<() => void>;
  /** Called each time before a blocking call of an inert pool throws. */
  readonly onBlocked: Set<() => void>;
}

/** Marks this thread as a worker of a pool, whose script has begun. */
export function markInsideWorker(isInRun: () => Answer, markRuns: () => void): InsideWorker {
  return Object.assign(definedHere() ?? define(), { isInRun, markRuns });
}

/** What is known of the worker that this thread is; undefined when this thread is no worker of a pool. */
export function insideWorker(): InsideWorker | undefined {
  return definedHere() ?? (isPreloading() ? define() : undefined);
}

function definedHere(): InsideWorker | undefined {
  return (globalThis as { [INSIDE]?: InsideWorker })[INSIDE];
}

/** Whether this thread becomes a worker of a pool, and loads modules that come before the worker's own script. */
function isPreloading(): boolean {
  return !Bun.isMainThread && workerThreads().workerData === WORKER_DATA;
}

function define(): InsideWorker {
  const value: InsideWorker = {
    mainPath: undefined,
    isInRun: () => "no",
    markRuns: () => {},
    loading: new Set(),
    askedAt: undefined,
    onAsked: new Set(),
    onBlocked: new Set(),
  };
  Object.defineProperty(globalThis, INSIDE, { value });
  return value;
}

/** Files that are embedded in an executable. */
const EMBEDDED = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/;

/**
 * What to write so that the main module can be loaded in a worker. In an executable `import.meta.main` is true in workers
 * too.
 */
export function guardAdvice(): string {
  const isExecutable = EMBEDDED.test(definedHere()?.mainPath ?? Bun.main);
  const guard = isExecutable ? "Bun.isMainThread" : "import.meta.main";
  return `Put what only the program itself should do into "if (${guard}) { … }", or move the callable to a module of its own`;
}

/** Marks an error that ends code of a module without harm to the worker: see `isEvaluationStopped`. */
export function markStopped<E extends Error>(error: E): E {
  Object.defineProperty(error, STOPPED, { value: true });
  return error;
}

/**
 * The error of a blocking call of an inert pool, outside any request. The call cannot wait for what never comes, so it
 * ends the code that has called it. The loader takes the exports that exist by then.
 */
export function evaluationStopped(call: string, place: string): ThreadPoolError {
  return markStopped(
    new (loadedErrors().ThreadPoolError)(
      `${call} of a ThreadPool blocks, but a worker has loaded the module that calls it, and there the pool is inert: it starts ` +
        `no workers, and nothing would ever come. ${guardAdvice()}. at=${place}`,
    ),
  );
}

/** More errors than a program wraps around one. Getters are not asked, but a program may link millions. */
const MAX_WRAPPERS = 100;

/** Whether an error is one of `evaluationStopped`, made by any copy of the package, or wraps one. */
export function isEvaluationStopped(error: unknown): boolean {
  return stopIn(error) !== undefined;
}

/** The error of `evaluationStopped` that an error is or wraps; undefined when it is another one. */
export function stopIn(error: unknown): Error | undefined {
  const found = new Set<unknown>([error]);
  // A set hands out what is added to it meanwhile.
  for (const each of found) {
    if (!(each instanceof Error)) continue;
    if (valueOf(each, STOPPED) === true) return each;
    const errors = valueOf(each, "errors");
    const wrapped = ["cause", "error", "suppressed"].map((name) => valueOf(each, name));
    for (const inner of Array.isArray(errors) ? [...wrapped, ...errors] : wrapped) {
      if (found.size < MAX_WRAPPERS) found.add(inner);
    }
  }
  return undefined;
}

/** A property of an error itself, without its getters. */
function valueOf(error: Error, name: PropertyKey): unknown {
  return Object.getOwnPropertyDescriptor(error, name)?.value;
}

/** The innermost place of a stack that is no code of this package, as `file:line:column`. */
export function placeIn(stack: unknown): string {
  const lines = typeof stack === "string" ? stack.split("\n") : [];
  for (const line of lines) {
    const place = /^\s*at (?:.*\()?((?:\/|[A-Za-z]:[\\/]).*:\d+:\d+)\)?$/.exec(line)?.[1];
    if (place !== undefined && !isOwnFile(place)) return place;
  }
  return "(unknown)";
}

/** Whether the top level of a module is among the frames of a stack. */
export function hasModuleCode(stack: unknown): boolean {
  return (
    typeof stack === "string" && /^\s*at (?:module code \()?(?:\/|[A-Za-z]:[\\/])/m.test(stack)
  );
}
