import { bundledModules } from "./bundled-modules.ts";
import type { ExportDefinition, ExportPlace } from "./definition.ts";
import { visitFunctions } from "./export-places.ts";
import { MODULE_EXPORTS_DEFAULT } from "./module-keys.ts";
import { URL } from "../runtime/index.ts";

/** The name of a module in the query of a URL. `src/build/transform.ts` writes the same. */
const QUERY = "ringpool-module";

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
      found = { ...moduleAt(key), name, ...(path.length === 0 ? {} : { path }) };
    });
    if (shortest === 0) break;
  }
  return found;
}

/** The module of a bundle that a URL names, which the plugin has given a query; undefined for other URLs. */
export function bundledModuleOf(
  url: string,
): Pick<ExportDefinition, "url" | "bundled"> | undefined {
  if (!url.includes(QUERY)) return undefined;
  const name = URL.parse(url)?.searchParams.get(QUERY);
  return [...(bundledModules()?.keys() ?? [])]
    .map(moduleAt)
    .find(({ bundled }) => bundled === name);
}

function moduleAt(key: string): { readonly url: string; readonly bundled: string } {
  const space = key.indexOf(" ");
  return { url: key.slice(0, space), bundled: key.slice(space + 1) };
}
