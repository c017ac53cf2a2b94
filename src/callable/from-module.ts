/** Callables that the parent names without ever loading them. */

import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { Callable, CallableDefinition } from "./definition.ts";
import { CallableError } from "../errors.ts";
import { describeValue } from "../runtime/index.ts";

/** The names of a module's exports that can be called. */
export type FunctionNames<M> = { [K in keyof M]: M[K] extends Callable ? K : never }[keyof M] &
  string;

/** An export of a module, as `fromModule` names it; a callable of type F. */
export interface ModuleCallable<F extends Callable = Callable> {
  /** Where the module is: an absolute URL. */
  readonly url: string;
  /** The name it is exported by. */
  readonly name: string;
  /** Only a type, never there: what calling it means. */
  readonly "~callable"?: F;
}

/** All callables of a module by name, each with its own type. */
export type ModuleCallables<M> = {
  readonly [K in FunctionNames<M>]: ModuleCallable<Extract<M[K], Callable>>;
};

type FunctionNamed<M, N extends FunctionNames<M>> = Extract<M[N], Callable>;

const definitions: WeakMap<object, CallableDefinition> = new WeakMap();

/**
 * Names an exported function that only the workers load.
 *
 * With the module's type as the only type argument, the result is typed by all of its functions
 * together: TypeScript infers no type argument beside an explicit one. Where that is too wide, give
 * the name as a second type argument, or take the function from the one-parameter form.
 *
 * @param url the module: a URL, its href, or an absolute path; relative ones need a base,
 *   `new URL("./tasks.ts", import.meta.url)`, and packages `import.meta.resolve("a-package")`
 * @param name the export's name; "default" for the default export
 * @throws CallableError when the URL is none that a worker could import
 * @example
 * const url = new URL("./tasks.ts", import.meta.url);
 * pool.run(fromModule<typeof import("./tasks.ts")>(url, "primesBelow"), [1e6]);
 * pool.run(fromModule<typeof import("./tasks.ts"), "primesBelow">(url, "primesBelow"), [1e6]);
 * pool.run(fromModule<typeof import("./tasks.ts")>(url).primesBelow, [1e6]);
 */
export function fromModule<M, N extends FunctionNames<M> = FunctionNames<M>>(
  url: URL | string,
  name: N,
): ModuleCallable<FunctionNamed<M, N>>;
export function fromModule<M>(url: URL | string): ModuleCallables<M>;
export function fromModule(url: URL | string, name?: string): unknown {
  const href = resolveModule(url);
  if (name !== undefined) return makeReference(href, name);
  return new Proxy(
    {},
    { get: (_, key) => (typeof key === "string" ? makeReference(href, key) : undefined) },
  );
}

/** The definition behind what `fromModule` made; undefined for anything else, look-alikes included. */
export function definitionOfReference(value: unknown): CallableDefinition | undefined {
  return typeof value === "object" && value !== null ? definitions.get(value) : undefined;
}

/** Whether a value is what `fromModule` returned; false for a look-alike. */
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
  definitions.set(reference, { kind: "export", url, name });
  return reference;
}

function resolveModule(url: URL | string): string {
  if (url instanceof URL) return requireImportable(url);
  if (typeof url !== "string") {
    throw new CallableError(
      `fromModule() needs a module's URL, href or absolute path: url=${describeValue(url)}`,
    );
  }
  // Before the URL parser, to which a Windows drive letter is a protocol.
  if (isAbsolute(url)) return pathToFileURL(url).href;
  const parsed = URL.parse(url);
  if (parsed !== null) return requireImportable(parsed);
  const remedy = url.startsWith(".")
    ? `a relative one needs a base: new URL(${JSON.stringify(url)}, import.meta.url)`
    : `for a package, pass import.meta.resolve(${JSON.stringify(url)})`;
  throw new CallableError(
    `fromModule() needs an absolute URL or path; ${remedy}. url=${describeValue(url)}`,
  );
}

/** What `import()` of Bun takes. Blob URLs work in the workers of the process that made them. */
const IMPORTABLE: ReadonlySet<string> = new Set(["file:", "data:", "blob:", "node:", "bun:"]);

function requireImportable(url: URL): string {
  if (IMPORTABLE.has(url.protocol)) return url.href;
  const known = [...IMPORTABLE].join(" ");
  throw new CallableError(
    `A worker cannot import a module from ${url.protocol} URLs, only from ${known}. url=${url.href}`,
  );
}
