import { PUBLIC_ENTRIES, RUNTIME_CHECK } from "./entries.ts";
import type { BuiltFile } from "./built-file.ts";

/**
 * The entries for `require()`: each gives the ES module, so that there is one of each class.
 *
 * Bun would take the ES modules themselves. These files are there for Node, whose older versions refuse to require an ES
 * module before anything of it could say what is needed, and for compilers, which want types of CommonJS modules.
 */
export function buildCommonJs(): BuiltFile[] {
  return Object.keys(PUBLIC_ENTRIES).map((name) => ({
    name: `${name}.cjs`,
    text: `require("./${RUNTIME_CHECK.name}.cjs");\nmodule.exports = require("./${name}.js");\n`,
  }));
}
