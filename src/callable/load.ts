/**
 * The worker's door to the room of callables: from a definition back to a function.
 *
 * The parent's door is `index.ts`. A worker must start quickly, so nothing here imports the parent's half:
 * `describe.ts`, `find-export.ts`, `from-module.ts`, `module-scan.ts` and `unfinished-module.ts`. This room knows
 * nothing of pools, queues, requests, or how a definition travels.
 */

import type { AsyncLocalStorage } from "node:async_hooks";
import {
  AggregateError,
  Bun,
  Error,
  IS_BUNDLED,
  guardAdvice,
  SyntaxError,
  asyncHooks,
  describeValue,
  functionText,
  utilTypes,
  loadedErrors,
  takeGlobals,
} from "../runtime/index.ts";
import { bundledModule } from "./bundled-modules.ts";
import { loadStoragesBy } from "./carried-storages.ts";
import type { CarriedStorage } from "./carried-storages.ts";
import { fingerprintOf } from "./definition.ts";
import type { ExportDefinition, LoadableDefinition, StorageDefinition } from "./definition.ts";
import { evaluate } from "./evaluation.ts";
import type { Evaluated } from "./evaluation.ts";
import { evaluateInline } from "./inline.ts";
import type { AnyFunction } from "./inline.ts";
import {
  keyOfUrl,
  urlOfKey,
  MODULE_EXPORTS,
  MODULE_EXPORTS_DEFAULT,
  listedExports,
} from "./module-keys.ts";
import type { Exports } from "./module-keys.ts";
import type { CallableError } from "../errors.ts";

/**
 * Finds the function of a definition. Imports its module if it names one.
 *
 * Nothing is remembered here, because Bun remembers modules, also failed ones. It does not run a module again whose
 * evaluation threw: every later import rejects with the same error object. A module that is missing or does not parse
 * is tried anew by each import. So each request that needs a failing module asks again, and gets the module's own
 * error.
 *
 * @throws the module's own error when it is missing, does not parse or throws while it is evaluated
 * @throws CallableError when the module has no such function
 */
export async function loadCallable(definition: LoadableDefinition): Promise<AnyFunction> {
  beforeForeignCode();
  switch (definition.kind) {
    case "local":
      return definition.load();
    case "export":
      return exportOf(await importModule(definition), definition);
    case "evaluating": {
      const { name, source, url, isRenewed } = definition;
      const { exports, stoppedAt } = await importModule({ url });
      const found =
        exportWithSource(exports, name, source) ??
        (isRenewed ? exportOfName(exports, name) : undefined);
      if (found !== undefined) return found;
      if (stoppedAt !== undefined && hasUninitialised(exports)) throw notReached(name, stoppedAt);
      return evaluateInline(name, source);
    }
    case "source":
      return evaluateInline(definition.name, definition.source);
  }
}

/**
 * Takes the rest of the globals, which code of the program may replace. An idle worker has run none, so it need not have
 * them, and many cost memory and time as soon as they are read.
 */
function beforeForeignCode(): void {
  takeGlobals();
  loadedErrors();
}

/**
 * Imports an AsyncLocalStorage that `describeStorage` has described.
 *
 * @throws the module's own error when it cannot be loaded
 * @throws CallableError when the module exports no AsyncLocalStorage there
 */
async function loadStorage(definition: StorageDefinition): Promise<AsyncLocalStorage<unknown>> {
  const { url, name } = definition;
  const { exports } = await importModule(definition);
  const found = exportNamed(exports, url, name);
  if (found instanceof asyncHooks().AsyncLocalStorage) return found;
  throw new (loadedErrors().CallableError)(
    "In a worker this module exports no AsyncLocalStorage under the name under which the program has found one: it chooses for each " +
      `thread. module=${keyOfUrl(url)} export=${name} found=${describeValue(found)}`,
  );
}

/** The storages of these places, loaded. Rejects with what `loadStorage` rejects with. */
export function loadStorages(
  places: readonly StorageDefinition[],
): Promise<readonly CarriedStorage[]> {
  return loadStoragesBy(places, loadStorage);
}

/**
 * Imports a module for what it does when it is loaded. Where its top level waits for a pool, which is inert here, it stays as far as it
 * has come.
 *
 * @param module an absolute path, or a URL
 * @throws CallableError with the module's own error as its cause
 */
export async function preload(module: string): Promise<void> {
  beforeForeignCode();
  try {
    await evaluate(urlOfKey(module), importUrl, () => NO_EXPORTS, false);
  } catch (error) {
    throw new (loadedErrors().CallableError)(
      "A module that is loaded before the program, because of --preload, bunfig.toml or the option preload, has failed in a worker. " +
        `Name those that workers need, new ThreadPool(n, { preload: […] }), or none with []. module=${module}`,
      { cause: portableLoadError(error) },
    );
  }
}

const NO_EXPORTS: Exports = Object.freeze({});

export type {
  CallableDefinition,
  FunctionDefinition,
  LoadableDefinition,
  RunnerDefinition,
  StorageDefinition,
} from "./definition.ts";
export { loadedStorages, withStores } from "./carried-storages.ts";
export type { CarriedStorage } from "./carried-storages.ts";
export { explainFailure } from "./inline.ts";
export { explainLoadError, isPortInUse, mainRanAgain } from "./load-error.ts";
export { keyOfUrl } from "./module-keys.ts";

async function importUrl(url: string): Promise<Exports> {
  // Given a file: URL, Bun imports the file without the query; given a path, with it.
  const specifier = url.includes("?") ? keyOfUrl(url) : url;
  try {
    return (await import(specifier)) as Exports;
  } catch (error) {
    const built = IS_BUNDLED ? specifier.replace(/\.([cm]?)tsx?(?=$|\?)/, ".$1js") : specifier;
    if (built === specifier || !isMissing(error)) throw error;
    return importBuilt(built, url);
  }
}

/** Imports what the bundler has made of a TypeScript module that was an entry point of its own. */
async function importBuilt(specifier: string, url: string): Promise<Exports> {
  try {
    return (await import(specifier)) as Exports;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new (loadedErrors().CallableError)(
      'The program was bundled, and this module is not beside the bundle: build with the plugin of ringpool/build, plugins: [ringpool()], and write fromModule(new URL("./tasks.ts", import.meta.url)), ' +
        `or name the module as a further entry point of the build. module=${keyOfUrl(url)}`,
      { cause: error },
    );
  }
}

function isMissing(error: unknown): boolean {
  return Object.prototype.toString.call(error) === "[object ResolveMessage]";
}

async function importModule({
  url,
  bundled,
}: Pick<ExportDefinition, "url" | "bundled">): Promise<Evaluated> {
  try {
    if (url === "bun") return { exports: Bun as object as Exports, stoppedAt: undefined };
    if (bundled !== undefined) return await importBundled(url, bundled);
    return await evaluate(url, importUrl);
  } catch (error) {
    throw portableLoadError(error);
  }
}

/** Imports a module of a bundle: evaluates the bundle, which registers what it holds, and the module where that did not. */
async function importBundled(url: string, name: string): Promise<Evaluated> {
  const { stoppedAt } = await evaluate(url, importUrl, () => {
    const { exports, load } = bundledModule(url, name) ?? {};
    return exports ?? (load && NO_EXPORTS);
  });
  const begun = bundledModule(url, name);
  if (begun?.exports !== undefined) return { exports: begun.exports, stoppedAt };
  const loaded = await begun?.load?.();
  // The function was found in what the module registers, if it does.
  const exports = bundledModule(url, name)?.exports ?? loaded;
  if (exports !== undefined) return { exports, stoppedAt };
  throw new (loadedErrors().CallableError)(
    "In a worker the bundle has no such module: it was built with another version of the plugin of ringpool/build, or the program has come to the " +
      "module in a way that the plugin does not see. Build it again, and write await import() where require() evaluates the module. " +
      `bundle=${url} module=${name}`,
  );
}

function exportOf({ exports, stoppedAt }: Evaluated, definition: ExportDefinition): AnyFunction {
  const { url, name, path = [], fingerprint } = definition;
  const found = path.reduce(valueOf, exportNamed(exports, url, name));
  if (typeof found !== "function") throw noFunction(exports, definition, found, stoppedAt);
  if (fingerprint === undefined || fingerprint === fingerprintOf(found))
    return found as AnyFunction;
  throw new (loadedErrors().CallableError)(
    "In a worker this module exports another function under that name than the one that was given: it chooses for each thread, or " +
      "the program has replaced the function. To run whatever a worker's module exports, name it with fromModule(). " +
      `module=${keyOfUrl(url)} export=${[name, ...path].join(".")}`,
  );
}

function exportNamed(exports: Exports, url: string, name: string): unknown {
  switch (name) {
    case MODULE_EXPORTS:
      return listedExports(url) ?? exports["default"];
    case MODULE_EXPORTS_DEFAULT:
      return valueOf(listedExports(url) ?? exports["default"], "default");
    default:
      // Bun cannot name all exports of a CommonJS module or of a built-in one.
      return valueOf(exports, name) ?? valueOf(listedExports(url) ?? exports["default"], name);
  }
}

function noFunction(
  exports: Exports,
  { url, name, path = [] }: ExportDefinition,
  found: unknown,
  stoppedAt: string | undefined,
): CallableError {
  const available = namesOf(exports).filter((key) => typeof valueOf(exports, key) === "function");
  const problem =
    found === undefined ? "does not export" : "exports something that is no function as";
  const place = [name, ...path].join(".");
  if (stoppedAt !== undefined) return notReached(place, stoppedAt);
  const isScript = SCRIPT.test(url);
  const advice = isScript
    ? "name one of its exported functions"
    : "where a plugin makes this module, let workers load the module that registers the plugin, by the option preload";
  return new (loadedErrors().CallableError)(
    `The module ${problem} ${JSON.stringify(place)}: ${advice}. ` +
      `module=${keyOfUrl(url)} export=${place} available=${available.join(", ") || "(none)"}`,
  );
}

/** A module that Bun runs without a plugin. */
const SCRIPT = /^(?:node|bun|data|blob):|\.[cm]?[jt]sx?(?:\?.*)?$/;

function notReached(place: string, stoppedAt: string): CallableError {
  return new (loadedErrors().CallableError)(
    "The main module ran again in a worker and waits there, at its top level, for a ThreadPool that is inert in a worker. What " +
      `comes after that line does not run, so this export does not exist there. ${guardAdvice()}. at=${stoppedAt} export=${place}`,
  );
}

/** Whether a module has exports that its evaluation has not come to. */
function hasUninitialised(exports: Exports): boolean {
  return namesOf(exports).some((name) => {
    try {
      return exports[name] === undefined;
    } catch {
      return true;
    }
  });
}

/** The function with this very source text: the export of that name, else the default export, else any other one. */
function exportWithSource(exports: Exports, name: string, source: string): AnyFunction | undefined {
  const isSame = (value: unknown): value is AnyFunction =>
    typeof value === "function" && !utilTypes().isProxy(value) && functionText(value) === source;
  const fallback = valueOf(exports, "default");
  const values = [name, "default", ...namesOf(exports)].map((key) => valueOf(exports, key));
  // Where Bun cannot name the exports of a CommonJS module, they are all properties of its default.
  if (typeof fallback === "object" && fallback !== null) {
    values.push(
      ...Object.values(Object.getOwnPropertyDescriptors(fallback)).map(
        ({ value }) => value as unknown,
      ),
    );
  }
  return values.find(isSame);
}

/** The exported function of this name; the export may be the default one. */
function exportOfName(exports: Exports, name: string): AnyFunction | undefined {
  const [named, fallback] = [valueOf(exports, name), valueOf(exports, "default")];
  if (typeof named === "function") return named as AnyFunction;
  const isIt = typeof fallback === "function" && fallback.name === name;
  return isIt ? (fallback as AnyFunction) : undefined;
}

/** The names of a module's exports. `Object.keys` would throw while one of them is not initialised. */
function namesOf(exports: Exports): string[] {
  return Reflect.ownKeys(exports).filter((key) => typeof key === "string");
}

/** A property's value; undefined where there is none, and for a binding that its module has not initialised. */
function valueOf(holder: unknown, key: string): unknown {
  try {
    return (holder as Exports)[key];
  } catch {
    return undefined;
  }
}

/** What the loader's errors have in common. */
interface LoaderMessage {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly position?: {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly lineText: string;
  } | null;
}

/**
 * Returns an error of Bun's loader in a form that can cross to the parent, and any other error as it is.
 *
 * `BuildMessage` (a module does not parse) and `ResolveMessage` (a module is not found) are native classes. Everything
 * that they hold is a getter of their prototype, and a BuildMessage has no stack. So they would arrive without position
 * and code.
 */
function portableLoadError(error: unknown): unknown {
  const tag = Object.prototype.toString.call(error);
  if (tag === "[object BuildMessage]") return syntaxError(error as LoaderMessage);
  if (tag === "[object ResolveMessage]") return resolveError(error as LoaderMessage);
  if (
    error instanceof AggregateError &&
    error.errors.some((each) => portableLoadError(each) !== each)
  ) {
    const errors = error.errors.map(portableLoadError);
    return new AggregateError(errors, `${error.message}: ${errors.map(String).join("; ")}`);
  }
  return error;
}

function syntaxError({ message, position }: LoaderMessage): SyntaxError {
  if (!position) return new SyntaxError(message);
  const { file, line, column, lineText } = position;
  const place = `${file}:${line}:${column}`;
  const error = new SyntaxError(`${message} (${place})`);
  error.stack = `SyntaxError: ${error.message}\n    at module code (${place})\n\n    ${lineText.trim()}`;
  return error;
}

function resolveError({ name, message, code }: LoaderMessage): Error {
  const error = Object.assign(new Error(message), { name, code });
  error.stack = `${name}: ${message}`;
  return error;
}
