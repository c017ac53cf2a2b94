import { Bun, bunPathToFileURL } from "../runtime/index.ts";
import type { Exports } from "./module-keys.ts";

/** A module of a bundle: its exports, or how to load it. */
export interface BundledModule {
  /** The namespace of a module that has begun: a binding that it has not initialised throws when it is read. */
  readonly exports?: Exports;
  /** Evaluates a module that is only named, in `fromModule(new URL("./tasks.ts", import.meta.url))`. */
  readonly load?: () => Promise<Exports>;
}

/** Property of the global object. `src/build/transform.ts` writes the same. */
const MODULES = Symbol.for("ringpool.bundledModules");

/**
 * The modules of a program that was bundled with the plugin of `ringpool/build`, by the URL of the bundle's file, a space, and
 * the name of the module; undefined for other programs.
 *
 * Bun's registry lists the files of a bundle and not its modules. So the plugin lets each module of the program write its exports into a
 * map when the bundle is evaluated, in the parent and in each worker that loads the bundle. The map is a property of
 * the global object, because a worker's code is no part of the bundle.
 */
export function bundledModules(): ReadonlyMap<string, BundledModule> | undefined {
  return (globalThis as { [MODULES]?: ReadonlyMap<string, BundledModule> })[MODULES];
}

/** A module of a bundle that has begun to be evaluated in this thread; undefined before. */
export function bundledModule(url: string, name: string): BundledModule | undefined {
  const modules = bundledModules();
  return modules?.get(`${url} ${name}`) ?? modules?.get(`${COMMON_JS} ${name}`);
}

/** Stands for the URL of a bundle that is a CommonJS module: it does not know its own. It is in one file, the main module. */
const COMMON_JS = "cjs:";

/** The URL of the bundle's file, and the name of the module, from a key of the map. */
export function placeOfKey(key: string): { readonly url: string; readonly bundled: string } {
  const space = key.indexOf(" ");
  const url = key.slice(0, space);
  return {
    url: url === COMMON_JS ? bunPathToFileURL(Bun.main).href : url,
    bundled: key.slice(space + 1),
  };
}
