import type { Exports } from "./module-keys.ts";
import { Bun, BunTranspiler, getBuiltinModule, Map } from "../runtime/index.ts";

const namespaces = new Map<string, (() => Exports | undefined) | undefined>();
const LOADERS: Readonly<Record<string, Bun.Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".tsx": "tsx",
  ".js": "jsx",
  ".mjs": "jsx",
  ".jsx": "jsx",
};
/** A module with this guard asks nothing of a pool in a worker. */
const GUARD = /\bimport\.meta\.main\b/;

/**
 * Makes the exports of the main module readable while it is evaluated. Bun gives the namespace of a module only when its
 * evaluation has ended, and a main module that waits for an inert pool at its top level never ends.
 *
 * But a module that the main module imports may import the main module in turn, and is evaluated first. So the worker's
 * loader appends such an import to the text of the main module. Nothing else of the text changes: an import after the last
 * line moves no line and no column. A main module with a guard is left alone.
 *
 * Call it before the main module is imported.
 *
 * @returns a function that gives the namespace, undefined until the evaluation has begun; undefined for a module that is
 *   left alone
 */
export function namespaceAhead(path: string): (() => Exports | undefined) | undefined {
  if (namespaces.has(path)) return namespaces.get(path);
  const ahead = tryPrepare(path);
  namespaces.set(path, ahead);
  return ahead;
}

function tryPrepare(path: string): (() => Exports | undefined) | undefined {
  const loader = LOADERS[/\.\w+$/.exec(path)?.[0] ?? ""];
  if (loader === undefined) return undefined;
  try {
    const text = getBuiltinModule("node:fs").readFileSync(path, "utf8");
    if (GUARD.test(text) || !isEsModule(text, loader)) return undefined;
    return prepare(path, text, loader);
  } catch {
    // It is no file, as in an executable, or does not parse: its import says so.
    return undefined;
  }
}

function isEsModule(text: string, loader: Bun.Loader): boolean {
  const { imports, exports } = new BunTranspiler({ loader: loader as "ts" }).scan(text);
  return exports.length > 0 || imports.some(({ kind }) => kind === "import-statement");
}

function prepare(path: string, text: string, loader: Bun.Loader): () => Exports | undefined {
  let namespace: Exports | undefined;
  const key = Symbol.for(`ringpool.namespace ${path}`);
  Object.defineProperty(globalThis, key, {
    value: (exports: Exports) => {
      namespace = exports;
    },
  });
  const specifier = "ringpool-main:namespace";
  Bun.plugin({
    name: "ringpool: the exports of the main module",
    setup(build) {
      build.onLoad({ filter: new RegExp(`^${path.replaceAll(/[^\w/]/g, "\\$&")}$`) }, () => ({
        contents: `${text}\n;import ${JSON.stringify(specifier)};`,
        loader,
      }));
      build.module(specifier, () => ({
        contents: `import * as exports from ${JSON.stringify(path)}; globalThis[Symbol.for(${JSON.stringify(key.description)})](exports);`,
        loader: "js",
      }));
    },
  });
  return () => namespace;
}
