import { basename, dirname, join } from "node:path";
import type { BuiltFile } from "./built-file.ts";
import { leanMap } from "./source-map.ts";
import { exportsOf, exportsOfAll } from "./exports-of.ts";
import { mainEntry, onceEntry } from "./with-bytecode.ts";
import {
  CODEC,
  EMBEDDED_WORKER,
  LATE_ENTRIES,
  MAIN,
  ONCE,
  ONCE_SOURCES,
  OPTIONAL_PEERS,
  PUBLIC_ENTRIES,
  RUNTIME_CHECK,
  SHARED_ENTRIES,
  WORKER_SCRIPT,
} from "./entries.ts";

/** The first line of every file. It tells Bun that there is nothing to transpile. */
const PRAGMA = "// @bun\n";
/** What the names of exports begin with until the bundle is written: see `restoreNames`. */
const MARK = "$exported_";
/**
 * Bundles the entries into modules that share chunks, so that each class and each piece of state exists once in a thread,
 * whatever entry it is reached by. All files are in one folder, so that a chunk finds the worker's script beside itself,
 * whichever chunk it is.
 */
export async function buildJavaScript(root: string): Promise<BuiltFile[]> {
  const entries: Record<string, string> = {};
  const { ringpool: main, ...others } = PUBLIC_ENTRIES;
  for (const [name, source] of Object.entries({
    ...others,
    [MAIN.name]: MAIN.source,
    ...SHARED_ENTRIES,
    ...LATE_ENTRIES,
  })) {
    entries[join(root, `${name}.ts`)] = await markedExports(root, [source]);
  }
  const embedded = join(root, EMBEDDED_WORKER);
  entries[embedded] = embeddedWorker(await workerText(root));
  const modules = await bundle({
    root,
    entrypoints: Object.keys(entries).filter((file) => file !== embedded),
    files: entries,
    splitting: true,
    external: [...OPTIONAL_PEERS],
    sourcemap: "linked",
    plugins: [clusterByEntry, onceByEntry(root), codecByEntry(root)],
  });
  const once = await exportsOfAll(root, ONCE_SOURCES);
  const codec = await exportsOfAll(root, CODEC.sources);
  const [check] = await bundle({ root, entrypoints: [join(root, RUNTIME_CHECK.source)] });
  if (check === undefined) throw new Error("The check of the runtime gave no file.");
  const names = new Set(Object.keys(PUBLIC_ENTRIES).map((name) => `${name}.js`));
  return [
    { name: "ringpool.js", text: mainEntry(await exportsOf(root, main)) },
    { name: `${ONCE.name}.js`, text: onceEntry(ONCE.name, once) },
    ...(await moduleForm(root, ONCE.name, marked(ONCE.source, once))),
    { name: `${CODEC.name}.js`, text: onceEntry(CODEC.name, codec) },
    ...(await moduleForm(root, CODEC.name, await markedExports(root, CODEC.sources), [
      onceByEntry(root),
    ])),
    ...modules
      .map(restoreNames)
      .map((file) => (names.has(file.name) ? checkFirst(file) : file))
      .map(requireForBundlers),
    check,
    // It has neither imports nor exports, so the same text is a CommonJS module. With the pragma Bun would read it as an ES
    // module.
    { name: `${RUNTIME_CHECK.name}.cjs`, text: check.text.slice(PRAGMA.length) },
  ];
}

/**
 * Names stay as they are: they are in messages, in stacks, and the names of classes. To leave white space out as well made
 * nothing start sooner.
 */
export async function bundle(options: Bun.BuildConfig): Promise<BuiltFile[]> {
  const { outputs } = await Bun.build({
    target: "bun",
    format: "esm",
    naming: { entry: "[name].js", chunk: "ringpool-[hash].js" },
    ...options,
  });
  return Promise.all(
    outputs.map(async (output) => {
      const name = basename(output.path);
      const text = await output.text();
      return { name, text: name.endsWith(".map") ? leanMap(text) : text };
    }),
  );
}

/**
 * The entry for clusters uses the pool as any program does: the built entry, of which a thread loads one of two forms. With
 * the form in the chunks it would have a second `WorkRequest`.
 */
const clusterByEntry: Bun.BunPlugin = {
  name: "cluster-by-entry",
  setup(build) {
    build.onResolve({ filter: /^\.\.\/index\.ts$/ }, ({ importer }) =>
      /[\\/]src[\\/]cluster[\\/]/.test(importer)
        ? { path: "./ringpool.js", external: true }
        : undefined,
    );
  },
};

/** The chunks import what exists once by one name, whichever of its two forms the thread runs on. */
function onceByEntry(root: string): Bun.BunPlugin {
  const sources = new Set(ONCE_SOURCES.map((source) => join(root, source)));
  return {
    name: "once-by-entry",
    setup(build) {
      build.onResolve(
        { filter: /\/(?:errors|globals|builtin-modules)\.ts$/ },
        ({ path, importer }) =>
          sources.has(join(dirname(importer), path))
            ? { path: `./${ONCE.name}.js`, external: true }
            : undefined,
      );
      // Of an external module the bundler exports all by a name that it declares nowhere.
      build.onLoad({ filter: /[\\/]src[\\/]runtime[\\/]index\.ts$/ }, async ({ path }) => {
        const text = await Bun.file(path).text();
        const names = await exportsOf(root, "src/runtime/globals.ts");
        return {
          contents: text.replace("export * from", `export { ${names.join(", ")} } from`),
          loader: "ts",
        };
      });
    },
  };
}

/** The same for the codec. */
function codecByEntry(root: string): Bun.BunPlugin {
  const sources = new Set<string>(CODEC.sources.map((source) => join(root, source)));
  return {
    name: "codec-by-entry",
    setup(build) {
      build.onResolve({ filter: /\/(?:objects|classes|index)\.ts$/ }, ({ path, importer }) =>
        sources.has(join(dirname(importer), path))
          ? { path: `./${CODEC.name}.js`, external: true }
          : undefined,
      );
    },
  };
}

/** What exists once, as an ES module: the form for the bundler of a program. */
async function moduleForm(
  root: string,
  name: string,
  entryText: string,
  plugins: Bun.BunPlugin[] = [],
): Promise<BuiltFile[]> {
  const entry = join(root, `${name}-module.ts`);
  const files = await bundle({
    root,
    entrypoints: [entry],
    files: { [entry]: entryText },
    sourcemap: "linked",
    plugins,
  });
  return files.map(restoreNames);
}

/** The whole code of a worker in one text. Names stay as they are, for stacks and messages. */
async function workerText(root: string): Promise<string> {
  const [file] = await bundle({
    root,
    entrypoints: [join(root, WORKER_SCRIPT.source)],
    minify: { whitespace: true, syntax: true },
  });
  if (file === undefined) throw new Error("The worker's script gave no file.");
  return file.text;
}

/** The module that gives this text. The text is in the function, so that it is read when it is wanted. */
function embeddedWorker(text: string): string {
  return `export function embeddedWorker() { return ${JSON.stringify(text)}; }`;
}

/**
 * An entry that exports everything of a source under marked names.
 *
 * Bun's bundler keeps the name of an entry's export free in all chunks, so it would rename what is exported:
 * `class PayloadError` would become `class PayloadError2`, and that is the name in stacks.
 */
async function markedExports(root: string, sources: readonly string[]): Promise<string> {
  const texts = sources.map(async (source) => marked(source, await exportsOf(root, source)));
  return (await Promise.all(texts)).join(" ");
}

function marked(source: string, names: readonly string[]): string {
  const list = names.map((name) => `${name} as ${MARK}${name}`).join(", ");
  return `export { ${list} } from "./${source}";`;
}

function restoreNames({ name, text }: BuiltFile): BuiltFile {
  return { name, text: text.replaceAll(MARK, "") };
}

/**
 * Writes the `require()` of a chunk so that the bundler of a program finds the chunk too, and what is not known before it runs
 * so that a CommonJS bundle can hold it. Bun writes both in a way that Bun itself runs as a module, and that its bundler leaves as it is.
 */
function requireForBundlers({ name, text }: BuiltFile): BuiltFile {
  return {
    name,
    text: text
      .replaceAll(
        /\b(?:import\.meta\.require|__require)\(("[^"]+")\)/g,
        '(typeof require === "function" ? require($1) : import.meta.require($1))',
      )
      .replace(
        "var __require = import.meta.require;",
        'var __require = typeof require === "function" ? require : import.meta.require;',
      ),
  };
}

/** Puts the check of the runtime before all other imports, in a line that has no mappings. */
export function checkFirst({ name, text }: BuiltFile): BuiltFile {
  if (!text.startsWith(PRAGMA)) throw new Error(`It does not begin with the pragma: file=${name}`);
  return {
    name,
    text: `${PRAGMA}import "./${RUNTIME_CHECK.name}.js";${text.slice(PRAGMA.length)}`,
  };
}
