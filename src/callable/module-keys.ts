/** What parent and worker call modules and exports, where that takes more than a URL and a word. */

/**
 * `import()` shows a CommonJS module's `module.exports` as `default`, unless the module calls itself
 * an ES module (`__esModule`): then its property `default` is shown there, and `module.exports`
 * nowhere. So both have names of their own. All other properties are shown under theirs.
 */
export const MODULE_EXPORTS = "module.exports";
export const MODULE_EXPORTS_DEFAULT = "module.exports.default";

/** Reads an export under either of these names from a module that has been imported. */
export function readCommonJsExport(url: string, name: string): unknown {
  const exported: unknown = process.getBuiltinModule("node:module").createRequire(import.meta.url)
    .cache[keyOfUrl(url)]?.exports;
  return name === MODULE_EXPORTS
    ? exported
    : (exported as { readonly default?: unknown } | undefined)?.default;
}

/** The URL of a module by its key in Bun's registry: a URL already, or a path that may carry a query. */
export function urlOfKey(key: string): string {
  if (!process.getBuiltinModule("node:path").isAbsolute(key)) return key;
  // Bun imports no file with "?" in its name, so the first one starts the query.
  const query = key.indexOf("?");
  return query < 0
    ? Bun.pathToFileURL(key).href
    : Bun.pathToFileURL(key.slice(0, query)).href + key.slice(query);
}

/** The key in Bun's registry that a module has by this URL. */
export function keyOfUrl(url: string): string {
  if (!url.startsWith("file:")) return url;
  const query = url.indexOf("?");
  return query < 0
    ? Bun.fileURLToPath(url)
    : Bun.fileURLToPath(url.slice(0, query)) + url.slice(query);
}
