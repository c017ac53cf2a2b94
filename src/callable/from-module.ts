import { bundledModuleOf } from "./find-bundled-export.ts";
import type { Callable, FunctionDefinition } from "./definition.ts";
import { CallableError } from "../errors.ts";
import {
  describeValue,
  Proxy,
  Set,
  URL,
  WeakMap,
  isAbsolutePath,
  bunPathToFileURL,
} from "../runtime/index.ts";
import type { GlobalURL } from "../runtime/index.ts";

/**
 * The names of those exports of a module that are functions. `M` is the module's type, `typeof import("./tasks.ts")`.
 */
export type FunctionNames<M> = { [K in keyof M]: M[K] extends Callable ? K : never }[keyof M] &
  string;

/** What `fromModule` returns: an exported function of type `F`, named and not loaded. It can be put as a callable. */
export interface ModuleCallable<F extends Callable = Callable> {
  /** The module's absolute URL. */
  readonly url: string;
  /** The name of the export; `"default"` for the default export. */
  readonly name: string;
  /** Exists as a type only: it carries the function's type, and is never set. */
  readonly "~callable"?: F;
}

/** All functions that a module exports, by name, each with its own type. */
export type ModuleCallables<M> = {
  readonly [K in FunctionNames<M>]: ModuleCallable<Extract<M[K], Callable>>;
};

type FunctionNamed<M, N extends FunctionNames<M>> = Extract<M[N], Callable>;

const definitions: WeakMap<object, FunctionDefinition> = new WeakMap();

/**
 * Names an exported function, as a callable that the workers load and this thread never does.
 *
 * Take the function as a property: `fromModule<typeof import("./tasks.ts")>(url).primesBelow` has exactly the type of the
 * export. With a name as the second argument the type can only be exact when the name is a type argument too, because
 * TypeScript infers no type argument beside an explicit one. Without it the reference stands for any function of the
 * module, and takes only arguments that fit all of them.
 *
 * The module is not looked for here: a missing module, or a missing export, is an error of each request that needs it.
 *
 * @param url the module: a URL, its href, or an absolute path. A relative path needs a base:
 *   `new URL("./tasks.ts", import.meta.url)`. For a package pass `import.meta.resolve("a-package")`. A worker can import
 *   from `file:`, `data:`, `blob:`, `node:` and `bun:` URLs
 * @param name the name of the export; `"default"` for the default export
 * @returns the named function; without a name, an object with a property for each function of the module
 * @throws CallableError when `url` is not absolute or not importable, or `name` is no string or empty
 * @example
 * ```ts
 * const url = new URL("./tasks.ts", import.meta.url);
 * pool.run(fromModule<typeof import("./tasks.ts")>(url).primesBelow, [1e6]);
 * pool.run(fromModule<typeof import("./tasks.ts"), "primesBelow">(url, "primesBelow"), [1e6]);
 * ```
 */
export function fromModule<M, N extends FunctionNames<M> = FunctionNames<M>>(
  url: GlobalURL | string,
  name: N,
): ModuleCallable<FunctionNamed<M, N>>;
/** As with a name, for all functions of the module: `fromModule<typeof import("./tasks.ts")>(url).primesBelow`. */
export function fromModule<M>(url: GlobalURL | string): ModuleCallables<M>;
export function fromModule(url: GlobalURL | string, name?: string): unknown {
  const href = resolveModule(url);
  if (name !== undefined) return makeReference(href, name);
  return new Proxy(
    {},
    { get: (_, key) => (typeof key === "string" ? makeReference(href, key) : undefined) },
  );
}

/**
 * The definition of what `fromModule` returned; undefined for anything else, also for an object that only looks like
 * it.
 */
export function definitionOfReference(value: unknown): FunctionDefinition | undefined {
  return typeof value === "object" && value !== null ? definitions.get(value) : undefined;
}

/** Whether a value is what `fromModule` returned; false for an object that only looks like it. */
export function isModuleCallable(value: unknown): value is ModuleCallable {
  return definitionOfReference(value) !== undefined;
}

function makeReference(url: string, name: string): ModuleCallable {
  if (typeof name !== "string" || name === "") {
    throw new CallableError(
      `fromModule() needs the name of an export, "default" included: name=${describeValue(name)}`,
    );
  }
  const reference: ModuleCallable = Object.freeze({ url, name });
  definitions.set(reference, { kind: "export", url, ...bundledModuleOf(url), name });
  return reference;
}

function resolveModule(url: URL | string): string {
  if (url instanceof URL) return requireImportable(url);
  if (typeof url !== "string") {
    throw new CallableError(
      `fromModule() needs a module's URL, href or absolute path: url=${describeValue(url)}`,
    );
  }
  // Check this before parsing: the URL parser takes a Windows drive letter for a protocol.
  if (isAbsolutePath(url)) return bunPathToFileURL(url).href;
  const parsed = URL.parse(url);
  if (parsed !== null) return requireImportable(parsed);
  const remedy = url.startsWith(".")
    ? `a relative one needs a base: new URL(${JSON.stringify(url)}, import.meta.url)`
    : `for a package, pass import.meta.resolve(${JSON.stringify(url)})`;
  throw new CallableError(
    `fromModule() needs an absolute URL or path; ${remedy}. url=${describeValue(url)}`,
  );
}

/** The protocols that Bun's `import()` accepts. A blob URL works in the workers of the process that made it. */
const IMPORTABLE: ReadonlySet<string> = new Set(["file:", "data:", "blob:", "node:", "bun:"]);

function requireImportable(url: URL): string {
  if (IMPORTABLE.has(url.protocol)) return url.href;
  const known = [...IMPORTABLE].join(" ");
  throw new CallableError(
    `A worker cannot import a module from ${url.protocol} URLs, only from ${known}. url=${url.href}`,
  );
}
