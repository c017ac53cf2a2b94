import { basename, dirname, join } from "node:path";
import type { BuiltBytes, BuiltFile } from "./built-file.ts";
import { MAIN, ONCE, SHARED_ENTRIES, WORKER_SCRIPT } from "./entries.ts";
import { exportsOf, onceNames } from "./exports-of.ts";
import { leanMap } from "./source-map.ts";

/**
 * Bundles what a thread starts with, the parent and a worker each into one file, and its bytecode: that takes a third of the
 * time that the text takes. What must exist once in a thread is in the chunks that these files share with the entries.
 *
 * Bun compiles bytecode for CommonJS alone. It ignores bytecode without a word when it is of another version or missing, and
 * reads the text. Its bundler cannot read the text, so both files have a second form among the ES modules.
 */
export async function buildWithBytecode(root: string): Promise<(BuiltFile | BuiltBytes)[]> {
  return [
    ...(await bundle(root, ONCE, await onceNames(root))),
    ...(await bundle(root, MAIN, await exportsOf(root, MAIN.source))),
    ...(await bundle(root, WORKER_SCRIPT, [])),
  ];
}

/**
 * The file of the entry `ringpool`. The bundler of a program sees the first `require()`, and Bun runs the second one.
 *
 * Under `bun --hot` Bun evaluates it again and again. It loads the rest once, and tells that of each reload:
 * see `src/runtime/hot-reload.ts`.
 *
 * @param names what the entry exports
 */
export function mainEntry(names: readonly string[]): string {
  return `// @bun
import "./needs-bun.js";
const hot = Symbol.for("ringpool.hot");
const before = globalThis[hot]?.entries.get(import.meta.url);
const main = before ?? (typeof require === "function" ? require("./${MAIN.name}.js") : import.meta.require("./${MAIN.name}.cjs"));
if (before !== undefined) globalThis[hot].tell();
else globalThis[hot]?.entries.set(import.meta.url, main);
export const { ${names.join(", ")} } = main;
`;
}

/** What exists once in a thread, for all ES modules: like `mainEntry`. The files with bytecode require its second form. */
export function onceEntry(names: readonly string[]): string {
  return `// @bun
const once = typeof require === "function" ? require("./${ONCE.name}-module.js") : import.meta.require("./${ONCE.name}.cjs");
export const { ${names.join(", ")} } = once;
`;
}

/**
 * The entry of a bundle, which assigns its exports itself. What the bundler writes for the exports of an ES module makes a
 * getter for each of them, twice: 0.6 ms for a hundred.
 */
function assigned(source: string, names: readonly string[]): string {
  const list = names.join(", ");
  return names.length === 0
    ? `import "./${source}";`
    : `import { ${list} } from "./${source}"; module.exports = { ${list} };`;
}

async function bundle(
  root: string,
  { name, source }: { readonly name: string; readonly source: string },
  exported: readonly string[],
): Promise<(BuiltFile | BuiltBytes)[]> {
  const entry = join(root, `${name}.ts`);
  const { outputs } = await Bun.build({
    target: "bun",
    format: "cjs",
    bytecode: true,
    sourcemap: "linked",
    // In CommonJS the bundler would write the path of the source.
    define: { "import.meta.path": "module.filename" },
    root,
    entrypoints: [entry],
    files: { [entry]: assigned(source, exported) },
    naming: { entry: `${name}.cjs` },
    plugins: [sharedEntries(root)],
  });
  return Promise.all(
    outputs.map(async (output) => {
      const file = basename(output.path);
      // A bytecode has no bytes().
      if (output.kind === "bytecode")
        return { name: file, bytes: new Uint8Array(await output.arrayBuffer()) };
      const written = await output.text();
      return { name: file, text: file.endsWith(".map") ? leanMap(written) : written };
    }),
  );
}

/** Leaves the imports of what is shared as imports of the built files. */
function sharedEntries(root: string): Bun.BunPlugin {
  const names = new Map(
    Object.entries(SHARED_ENTRIES).map(([name, source]) => [join(root, source), name]),
  );
  const errors = join(root, "src/errors.ts");
  const isOnce = (importer: string): boolean => importer === join(root, ONCE.source);
  return {
    name: "shared-entries",
    setup(build) {
      build.onResolve(
        {
          filter: /\/(?:errors|objects|classes|namespace-ahead|index|chunk-runner|fork-join)\.ts$/,
        },
        ({ path, importer }) => {
          const source = join(dirname(importer), path);
          if (source === errors)
            return isOnce(importer) ? undefined : { path: `./${ONCE.name}.cjs`, external: true };
          const name = names.get(source);
          return name === undefined ? undefined : { path: `./${name}.js`, external: true };
        },
      );
    },
  };
}
