/*
 * How parent and worker name a module and an export, where a URL and the export's own name are not enough.
 *
 * `import()` shows the `module.exports` of a CommonJS module as `default`. But when the module has the mark of a
 * compiled ES module (`__esModule`), its property `default` is shown there instead, and `module.exports` nowhere. So
 * both have a name of their own here. All other properties are shown under their own names.
 */

import {
  bunFileURLToPath,
  bunPathToFileURL,
  getBuiltinModule,
  isAbsolutePath,
} from "../runtime/index.ts";

/** The exports of a module, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/** Names the `module.exports` of a CommonJS module. */
export const MODULE_EXPORTS = "module.exports";
/** Names the property `default` of the `module.exports` of a CommonJS module. */
export const MODULE_EXPORTS_DEFAULT = "module.exports.default";

/** The exports of a loaded module as Bun's registry has them: `module.exports` of a CommonJS module, else the namespace. */
export function listedExports(url: string): unknown {
  return getBuiltinModule("node:module").createRequire(import.meta.path).cache[keyOfUrl(url)]
    ?.exports;
}

/** The URL of a module, given its key in Bun's registry: that is a URL, or a path that may end with a query. */
export function urlOfKey(key: string): string {
  if (!isAbsolutePath(key)) return key;
  // Bun imports no file with a "?" in its name, so the first "?" starts the query.
  const query = key.indexOf("?");
  return query < 0
    ? bunPathToFileURL(key).href
    : bunPathToFileURL(key.slice(0, query)).href + key.slice(query);
}

/** The key of a module in Bun's registry, given its URL. */
export function keyOfUrl(url: string): string {
  if (!url.startsWith("file:")) return url;
  const query = url.indexOf("?");
  return query < 0
    ? bunFileURLToPath(url)
    : bunFileURLToPath(url.slice(0, query)) + url.slice(query);
}
