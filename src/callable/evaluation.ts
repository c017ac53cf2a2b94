import {
  insideWorker,
  guardAdvice,
  clearTimeout,
  Map,
  Promise,
  promiseWithResolvers,
  setTimeout,
  stopIn,
  loadedErrors,
} from "../runtime/index.ts";
import type { InsideWorker } from "../runtime/index.ts";
import type { CallableError } from "../errors.ts";
import { explainLoadError } from "./load-error.ts";
import { keyOfUrl } from "./module-keys.ts";
import type { Exports } from "./module-keys.ts";

/** A module that was imported. */
export interface Evaluated {
  readonly exports: Exports;
  /** Where its evaluation has stopped for good, as `file:line:column`; undefined when it came to its end. */
  readonly stoppedAt: string | undefined;
}

/**
 * How long the evaluation of a module may go on after it has asked something of an inert pool. It may wait for something
 * else, such as a file, and that cannot be told from waiting for the pool.
 */
const PATIENCE_MS = 200;
/** As above, where the exports cannot be had before the evaluation ends, and the request would fail. */
const PATIENCE_WITHOUT_EXPORTS_MS = 2000;

/** The modules whose evaluation has stopped, by URL. What else imports them does not end either. */
const stopped = new Map<
  string,
  { readonly exports: Exports | undefined; readonly stoppedAt: string }
>();

/**
 * Imports a module. Does not wait for ever when its top level waits for an inert pool: the exports of the main module are
 * taken as they are by then, and the load of any other module fails.
 *
 * @param importUrl imports a module, and waits for the end of its evaluation
 * @param exportsAhead gives the exports that are wanted while the module is being evaluated, if they can be had
 * @param mayMakePools whether what the module leaves behind may make a pool while a request runs: a main module does
 * @throws the module's own error when it is missing, does not parse or throws while it is evaluated
 * @throws CallableError when its evaluation has stopped and its exports cannot be had
 */
export async function evaluate(
  url: string,
  importUrl: (url: string) => Promise<Exports>,
  exportsAhead?: () => Exports | undefined,
  mayMakePools: boolean = true,
): Promise<Evaluated> {
  const inside = insideWorker();
  if (inside === undefined) return { exports: await importUrl(url), stoppedAt: undefined };
  const before = stopped.get(url);
  if (before !== undefined) {
    if (before.exports !== undefined) return before as Evaluated;
    throw stuck(url, before.stoppedAt);
  }
  const isMain = inside.mainPath !== undefined && keyOfUrl(url) === inside.mainPath;
  inside.loading.add(url);
  const ahead =
    exportsAhead ?? (isMain ? await prepareMain(inside.mainPath as string, inside) : undefined);
  // What a main module without a guard leaves behind may make the pool while a request runs.
  if (ahead !== undefined && mayMakePools) inside.markRuns();
  try {
    const exports = await settledOrStopped(importUrl(url), url, inside, ahead);
    if (exports !== undefined) return { exports, stoppedAt: undefined };
    return noteStopped(url, ahead?.(), inside.askedAt ?? "(unknown)");
  } catch (error) {
    const stop = stopIn(error);
    const exports = stop === undefined ? undefined : ahead?.();
    if (exports !== undefined) return noteStopped(url, exports, placeOf(stop));
    throw stop ?? explainLoadError(error, inside.mainPath, isMain);
  } finally {
    inside.loading.delete(url);
  }
}

/** Few programs let workers load their main module, so what that needs is loaded late. */
async function prepareMain(
  path: string,
  { onBlocked }: InsideWorker,
): Promise<(() => Exports | undefined) | undefined> {
  const { namespaceAhead } = await import("./namespace-ahead.ts");
  return namespaceAhead(path, onBlocked);
}

/** The exports when the evaluation ends; undefined when it has not ended for some time after it asked an inert pool. */
async function settledOrStopped(
  evaluation: Promise<Exports>,
  url: string,
  inside: InsideWorker,
  ahead: (() => Exports | undefined) | undefined,
): Promise<Exports | undefined> {
  const { promise, resolve } = promiseWithResolvers<undefined>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    const patienceMs = ahead?.() === undefined ? PATIENCE_WITHOUT_EXPORTS_MS : PATIENCE_MS;
    timer = setTimeout(() => resolve(undefined), patienceMs);
  };
  inside.onAsked.add(restart);
  if (stopped.size > 0) restart();
  try {
    evaluation.then(
      () => stopped.delete(url),
      () => stopped.delete(url),
    );
    return await Promise.race([evaluation, promise]);
  } finally {
    clearTimeout(timer);
    inside.onAsked.delete(restart);
  }
}

function noteStopped(url: string, exports: Exports | undefined, stoppedAt: string): Evaluated {
  stopped.set(url, { exports, stoppedAt });
  if (exports === undefined) throw stuck(url, stoppedAt);
  return { exports, stoppedAt };
}

function stuck(url: string, stoppedAt: string): CallableError {
  return new (loadedErrors().CallableError)(
    "A worker has loaded the module of the callable, and its top level, or that of a module that it imports, waits for " +
      "something that was asked of a ThreadPool. In a worker that pool is inert, and the answer never comes. " +
      `${guardAdvice()}. at=${stoppedAt} module=${keyOfUrl(url)}`,
  );
}

function placeOf(error: unknown): string {
  return / at=(.*)$/.exec((error as Error).message)?.[1] ?? "(unknown)";
}
