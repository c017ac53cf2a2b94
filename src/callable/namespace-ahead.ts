import { registry } from "./module-registry.ts";
import type { Exports } from "./module-keys.ts";
import { Bun, BunTranspiler, Map, Set, getBuiltinModule } from "../runtime/index.ts";

const namespaces = new Map<string, (() => Exports | undefined) | undefined>();
const LOADERS: Readonly<Record<string, Bun.Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".tsx": "tsx",
  ".js": "jsx",
  ".mjs": "jsx",
  ".jsx": "jsx",
};
const COMMON_JS: ReadonlySet<string> = new Set([".cjs", ".cts"]);
/** A module with this guard asks nothing of a pool in a worker. */
const GUARD = /\b(?:import\.meta|require)\.main\b/;

/**
 * Makes the exports of the main module readable while it is evaluated. Bun gives the namespace of a module only when its
 * evaluation has ended, and a main module that waits for an inert pool at its top level never ends.
 *
 * But a module that the main module imports may import the main module in turn, and is evaluated first. So the worker's
 * loader appends such an import to the text of the main module. Nothing else of the text changes: an import after the last
 * line moves no line and no column. A main module with a guard is left alone.
 *
 * A CommonJS module cannot wait, but it can block, and then the call throws. `require` forgets a module that has thrown, so
 * its exports are taken before.
 *
 * Call it before the main module is imported.
 *
 * @param onBlocked called before a blocking call of an inert pool throws
 * @returns a function that gives the namespace, undefined until the evaluation has begun; undefined for a module that is
 *   left alone
 */
export function namespaceAhead(
  path: string,
  onBlocked: Set<() => void>,
): (() => Exports | undefined) | undefined {
  if (namespaces.has(path)) return namespaces.get(path);
  const ahead = tryPrepare(path, onBlocked);
  namespaces.set(path, ahead);
  return ahead;
}

function tryPrepare(
  path: string,
  onBlocked: Set<() => void>,
): (() => Exports | undefined) | undefined {
  const extension = /\.\w+$/.exec(path)?.[0] ?? "";
  const loader = LOADERS[extension];
  if (loader === undefined && !COMMON_JS.has(extension)) return undefined;
  try {
    const text = getBuiltinModule("node:fs").readFileSync(path, "utf8");
    if (GUARD.test(text)) return undefined;
    if (loader === undefined || !isEsModule(text, loader)) return takeWhenBlocked(path, onBlocked);
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

function takeWhenBlocked(path: string, onBlocked: Set<() => void>): () => Exports | undefined {
  let taken: Exports | undefined;
  onBlocked.add(() => {
    const exports: unknown = registry()[path]?.exports;
    if (exports !== undefined) taken = { __proto__: null, default: exports } as object as Exports;
  });
  return () => taken;
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
