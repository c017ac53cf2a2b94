import { readFileSync } from "node:fs";
import { extname } from "node:path";

/** What the text of a module says about its exports and imports; the module is not run for it. */
export interface ModuleScan {
  readonly text: string;
  /** The names of the exports, without those that come through `export *` and those of a CommonJS module. */
  readonly exports: ReadonlySet<string>;
  /** The specifiers of the imports, as they stand in the text. */
  readonly imports: readonly string[];
}

const scans: Map<string, ModuleScan | undefined> = new Map();

/** Reads and parses a module, once in a thread (60 µs and more); undefined when it cannot be read or parsed. */
export function scanModule(file: string): ModuleScan | undefined {
  if (!scans.has(file)) scans.set(file, tryScan(file));
  return scans.get(file);
}

function tryScan(file: string): ModuleScan | undefined {
  try {
    const text = readFileSync(file, "utf8");
    const { exports, imports } = new Bun.Transpiler({ loader: loaderOf(file) }).scan(text);
    return { text, exports: new Set(exports), imports: imports.map(({ path }) => path) };
  } catch {
    // A module inside an executable, a virtual module, or one of another loader: nothing is known of it.
    return undefined;
  }
}

function loaderOf(file: string): "ts" | "tsx" | "jsx" {
  const extension = extname(file);
  if (extension === ".ts" || extension === ".mts" || extension === ".cts") return "ts";
  return extension === ".tsx" ? "tsx" : "jsx";
}
