import { bundledModules, placeOfKey } from "./bundled-modules.ts";
import type { ExportDefinition, ExportPlace } from "./definition.ts";
import { valueAt, visitFunctions } from "./export-places.ts";
import { MODULE_EXPORTS_DEFAULT } from "./module-keys.ts";
import { URL } from "../runtime/index.ts";

/** The name of a module in the query of a URL. `src/build/transform.ts` writes the same. */
const QUERY = "ringpool-module";

/** What the name begins with of what a module imports from packages. `src/build/transform.ts` writes the same. */
const IMPORTS = "imports of ";

/** Finds a function by identity in the modules of a bundle; undefined when none of them offers it, or there are none. */
export function findBundledExport(callable: object): ExportPlace | undefined {
  let found: ExportPlace | undefined;
  let shortest = Infinity;
  for (const [key, { exports }] of bundledModules() ?? []) {
    visitFunctions(exports, (value, listed, path) => {
      if (value !== callable || path.length >= shortest) return;
      shortest = path.length;
      // The bundler makes namespaces of its own, which look like the exports of a CommonJS module.
      const name = listed === MODULE_EXPORTS_DEFAULT ? "default" : listed;
      found = { ...placeOfKey(key), name, ...(path.length === 0 ? {} : { path }) };
    });
    if (shortest === 0) break;
  }
  return found;
}

/** The module of a bundle that exports this very object, and its name there; undefined when there is none. */
export function findBundledObject(
  object: object,
): Pick<ExportDefinition, "url" | "bundled" | "name"> | undefined {
  for (const [key, { exports }] of bundledModules() ?? []) {
    if (typeof exports !== "object" || exports === null) continue;
    for (const name of Reflect.ownKeys(exports)) {
      if (typeof name !== "string" || valueAt(exports, { name, path: [] }) !== object) continue;
      return { ...placeOfKey(key), name };
    }
  }
  return undefined;
}

/** The module of a bundle that a URL names, which the plugin has given a query; undefined for other URLs. */
export function bundledModuleOf(
  url: string,
): Pick<ExportDefinition, "url" | "bundled"> | undefined {
  if (!url.includes(QUERY)) return undefined;
  const name = URL.parse(url)?.searchParams.get(QUERY);
  return [...(bundledModules()?.keys() ?? [])]
    .map(placeOfKey)
    .find(({ bundled }) => bundled === name);
}

/** Whether a module was found that only imports the function, from a package or a CommonJS module. */
export function isImported({ bundled }: ExportPlace): boolean {
  return bundled?.startsWith(IMPORTS) === true;
}
