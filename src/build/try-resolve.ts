import { dirname } from "node:path";

/** The file that a specifier in a module names; undefined when there is none. */
export function tryResolve(specifier: string, from: string): string | undefined {
  try {
    return Bun.resolveSync(specifier, dirname(from));
  } catch {
    return undefined;
  }
}
