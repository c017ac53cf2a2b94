import { Map, Set, BunTranspiler, fileSystem, onReload, paths } from "../runtime/index.ts";

/** What the text of a module says about its exports and imports; the module is not run for it. */
export interface ModuleScan {
  readonly text: string;
  /** The names of the exports, without those that come through `export *` and those of a CommonJS module. */
  readonly exports: ReadonlySet<string>;
  /** The specifiers of the imports, as they stand in the text. */
  readonly imports: readonly string[];
}

/** A call of `require` with a text, which the scan of the transpiler does not report. */
const REQUIRE = /(?<![\w$.])require\(\s*(["'])([^"'\n]+)\1\s*\)/g;

const texts: Map<string, string | undefined> = new Map();

/** The text of a module, read once; undefined when it cannot be read, as a module inside an executable. */
export function readModule(file: string): string | undefined {
  if (!texts.has(file)) texts.set(file, tryRead(file));
  return texts.get(file);
}

function tryRead(file: string): string | undefined {
  try {
    return fileSystem().readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

const scans: Map<string, ModuleScan | undefined> = new Map();

/** A file that was changed is the reason for a reload. */
onReload(() => {
  texts.clear();
  scans.clear();
});

/** Reads and parses a module, once in a thread (60 µs and more); undefined when it cannot be read or parsed. */
export function scanModule(file: string): ModuleScan | undefined {
  if (!scans.has(file)) scans.set(file, tryScan(file));
  return scans.get(file);
}

function tryScan(file: string): ModuleScan | undefined {
  const text = readModule(file);
  if (text === undefined) return undefined;
  try {
    const { exports, imports } = new BunTranspiler({ loader: loaderOf(file) }).scan(text);
    const required = Array.from(text.matchAll(REQUIRE), ([, , specifier]) => specifier as string);
    return {
      text,
      exports: new Set(exports),
      imports: [...imports.map(({ path }) => path), ...required],
    };
  } catch {
    // A module of another loader: nothing is known of it.
    return undefined;
  }
}

/** How Bun parses a file. */
export function loaderOf(file: string): "ts" | "tsx" | "jsx" {
  const extension = paths().extname(file);
  if (extension === ".ts" || extension === ".mts" || extension === ".cts") return "ts";
  return extension === ".tsx" ? "tsx" : "jsx";
}

/** The name that Bun gives to the default export of a file when it has none. */
export function defaultNameOf(file: string): string {
  return `${paths()
    .basename(file, paths().extname(file))
    .replace(/[^\w$]/g, "_")}_default`;
}
