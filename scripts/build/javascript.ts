import { basename, join } from "node:path";
import type { BuiltFile } from "./built-file.ts";
import { EMBEDDED_WORKER, PUBLIC_ENTRIES, RUNTIME_CHECK, WORKER_SCRIPT } from "./entries.ts";

/** The first line of every file. It tells Bun that there is nothing to transpile. */
const PRAGMA = "// @bun\n";
/** What the names of exports begin with until the bundle is written: see `restoreNames`. */
const MARK = "$exported_";

/**
 * Bundles the entries and the worker's script into modules that share chunks, so that each class and each piece of state
 * exists once in a thread, whatever entry it is reached by. All files are in one folder, so that a chunk finds the
 * worker's script beside itself, whichever chunk it is.
 */
export async function buildJavaScript(root: string): Promise<BuiltFile[]> {
  const entries: Record<string, string> = {};
  for (const [name, source] of Object.entries(PUBLIC_ENTRIES)) {
    entries[join(root, `${name}.ts`)] = await markedExports(root, source);
  }
  entries[join(root, `${WORKER_SCRIPT.name}.ts`)] = `import "./${WORKER_SCRIPT.source}";`;
  const embedded = join(root, EMBEDDED_WORKER);
  entries[embedded] = embeddedWorker(await workerText(root));
  const modules = await bundle({
    root,
    entrypoints: Object.keys(entries).filter((file) => file !== embedded),
    files: entries,
    splitting: true,
    sourcemap: "linked",
  });
  const [check] = await bundle({ root, entrypoints: [join(root, RUNTIME_CHECK.source)] });
  if (check === undefined) throw new Error("The check of the runtime gave no file.");
  const names = new Set(Object.keys(PUBLIC_ENTRIES).map((name) => `${name}.js`));
  return [
    ...modules.map((file) => (names.has(file.name) ? checkFirst(restoreNames(file)) : file)),
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
async function bundle(options: Bun.BuildConfig): Promise<BuiltFile[]> {
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
async function markedExports(root: string, source: string): Promise<string> {
  const { exports } = new Bun.Transpiler({ loader: "ts" }).scan(
    await Bun.file(join(root, source)).text(),
  );
  const list = exports.map((name) => `${name} as ${MARK}${name}`).join(", ");
  return `export { ${list} } from "./${source}";`;
}

function restoreNames({ name, text }: BuiltFile): BuiltFile {
  return { name, text: text.replaceAll(MARK, "") };
}

/** Puts the check of the runtime before all other imports, in a line that has no mappings. */
function checkFirst({ name, text }: BuiltFile): BuiltFile {
  if (!text.startsWith(PRAGMA)) throw new Error(`It does not begin with the pragma: file=${name}`);
  return {
    name,
    text: `${PRAGMA}import "./${RUNTIME_CHECK.name}.js";${text.slice(PRAGMA.length)}`,
  };
}

/**
 * A source map without the text of the sources, because the package holds the sources themselves. Bun refuses a map that
 * has no `sourcesContent` at all.
 */
function leanMap(text: string): string {
  const map = JSON.parse(text) as { readonly sources: readonly string[] };
  return JSON.stringify({
    ...map,
    sources: map.sources.map((source) => `../${source}`),
    sourcesContent: map.sources.map(() => null),
  });
}
