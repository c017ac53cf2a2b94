/** What a module's text says of its exports and imports, without running it. */

import { readFileSync } from "node:fs";
import { extname } from "node:path";

export interface ModuleScan {
  readonly text: string;
  /** Names of the exports; those behind `export *` and CommonJS exports are not among them. */
  readonly exports: ReadonlySet<string>;
  /** Specifiers of the imports, unresolved. */
  readonly imports: readonly string[];
}

const scans: Map<string, ModuleScan | undefined> = new Map();

/** Reads and parses a module once (60 µs and more); undefined when it cannot be read or parsed. */
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
    // A module inside an executable, a virtual one, another loader's: nothing is known of it.
    return undefined;
  }
}

function loaderOf(file: string): "ts" | "tsx" | "jsx" {
  const extension = extname(file);
  if (extension === ".ts" || extension === ".mts" || extension === ".cts") return "ts";
  return extension === ".tsx" ? "tsx" : "jsx";
}
