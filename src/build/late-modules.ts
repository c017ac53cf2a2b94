import { tryResolve } from "./try-resolve.ts";

/** What evaluates a module where the program comes to it, and not before the module that names it. */
const LATE: ReadonlySet<string> = new Set(["dynamic-import", "require-call"]);

/**
 * The modules of one build, and what each imports. Tells which of them a module makes the bundler wrap into functions: a worker that evaluates
 * the bundle has not evaluated those.
 */
export class LateModules {
  readonly #imports = new Map<string, readonly Bun.Import[]>();

  add(path: string, imports: readonly Bun.Import[]): void {
    this.#imports.set(path, imports);
  }

  /** What a module imports late, and all that this imports in turn. Modules that the bundler has not loaded are none of the bundle. */
  of(path: string): Set<string> {
    const found = new Set<string>(this.#importedBy(path, ({ kind }) => LATE.has(kind)));
    // A set that grows is visited to its end.
    for (const file of found)
      for (const next of this.#importedBy(file, isEvaluated)) found.add(next);
    found.delete(path);
    return found;
  }

  *#importedBy(from: string, isWanted: (it: Bun.Import) => boolean): Generator<string> {
    for (const each of this.#imports.get(from) ?? []) {
      if (!isWanted(each)) continue;
      const file = tryResolve(each.path, from);
      if (file !== undefined && this.#imports.has(file)) yield file;
    }
  }
}

/** `require.resolve` and its like evaluate nothing. */
function isEvaluated({ kind }: Bun.Import): boolean {
  return kind === "import-statement" || LATE.has(kind);
}

/** Whether a module imports anything late. */
export function importsLate(imports: readonly Bun.Import[]): boolean {
  return imports.some(({ kind }) => LATE.has(kind));
}
