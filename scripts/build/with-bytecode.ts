import { basename, dirname, join } from "node:path";
import type { BuiltBytes, BuiltFile } from "./built-file.ts";
import {
  CODEC,
  LATE_ENTRIES,
  MAIN,
  ONCE,
  ONCE_SOURCES,
  SHARED_ENTRIES,
  WORKER_SCRIPT,
} from "./entries.ts";
import { exportsOf, exportsOfAll } from "./exports-of.ts";
import { leanMap } from "./source-map.ts";

/**
 * Bundles what a thread starts with, the parent and a worker each into one file, and its bytecode: that takes a third of the
 * time that the text takes. What must exist once in a thread is in the chunks that these files share with the entries.
 *
 * Bun compiles bytecode for CommonJS alone. It ignores bytecode without a word when it is of another version or missing, and
 * reads the text. Its bundler cannot read the text, so both files have a second form among the ES modules.
 */
export async function buildWithBytecode(root: string): Promise<(BuiltFile | BuiltBytes)[]> {
  const late = Object.entries(LATE_ENTRIES).map(([name, source]) => ({ name, sources: [source] }));
  const main = { name: MAIN.name, sources: [MAIN.source] };
  const built = [
    await bundle(root, ONCE.name, assigned(ONCE.source, await exportsOfAll(root, ONCE_SOURCES))),
    await bundle(root, WORKER_SCRIPT.name, `import "./${WORKER_SCRIPT.source}";`),
  ];
  for (const { name, sources } of [main, CODEC, ...late])
    built.push(await bundle(root, name, await assignedFrom(root, sources)));
  return built.flat();
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

/**
 * What exists once in a thread, for all ES modules: like `mainEntry`. The files with bytecode require its second form.
 *
 * It imports the check of the runtime although the entries do: a bundler that splits a program may evaluate this file first.
 */
export function onceEntry(name: string, names: readonly string[]): string {
  return `// @bun
import "./needs-bun.js";
const once = typeof require === "function" ? require("./${name}-module.js") : import.meta.require("./${name}.cjs");
export const { ${names.join(", ")} } = once;
`;
}

async function assignedFrom(root: string, sources: readonly string[]): Promise<string> {
  const texts = sources.map(async (source) => assigned(source, await exportsOf(root, source)));
  return (await Promise.all(texts)).join(" ");
}

/**
 * The entry of a bundle, which assigns its exports itself. What the bundler writes for the exports of an ES module makes a
 * getter for each of them, twice: 0.6 ms for a hundred.
 */
function assigned(source: string, names: readonly string[]): string {
  const list = names.join(", ");
  return `import { ${list} } from "./${source}"; Object.assign(module.exports, { ${list} });`;
}

async function bundle(
  root: string,
  name: string,
  entryText: string,
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
    files: { [entry]: entryText },
    naming: { entry: `${name}.cjs` },
    plugins: [sharedEntries(root, name)],
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
function sharedEntries(root: string, bundled: string): Bun.BunPlugin {
  const files = new Map<string, string>([[join(root, "src/errors.ts"), `${ONCE.name}.cjs`]]);
  for (const [name, source] of Object.entries(SHARED_ENTRIES))
    files.set(join(root, source), `${name}.js`);
  for (const [name, source] of Object.entries(LATE_ENTRIES))
    files.set(join(root, source), `${name}.cjs`);
  for (const source of CODEC.sources) files.set(join(root, source), `${CODEC.name}.cjs`);
  return {
    name: "shared-entries",
    setup(build) {
      build.onResolve(
        {
          filter: /\/(?:errors|objects|classes|namespace-ahead|index|chunk-runner|fork-join)\.ts$/,
        },
        ({ path, importer }) => {
          const file = files.get(join(dirname(importer), path));
          return file === undefined || file === `${bundled}.cjs`
            ? undefined
            : { path: `./${file}`, external: true };
        },
      );
    },
  };
}
