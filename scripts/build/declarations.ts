import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import type { Plugin } from "rolldown";
import { dts } from "rolldown-plugin-dts";
import { PUBLIC_ENTRIES } from "./entries.ts";
import type { BuiltFile } from "./built-file.ts";

/** Typed arrays have a type parameter since TypeScript 5.7. */
const GENERIC_VIEW = /\b((?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array|DataView)<(\w+)>/g;
/** Names of `lib.esnext.disposable.d.ts`, which a program's "lib" may leave out. */
const DISPOSABLE = /\b(?:Async)?Disposable\b|\bSymbol\.(?:d|asyncD)ispose\b/;

/**
 * Bundles the types of each entry, so that a program's compiler sees what is public and nothing else.
 *
 * They are declared as types of CommonJS modules, and the types of the ES modules export them again: every module may
 * import those, and they stay one type, whichever kind of module a program's file is.
 */
export async function buildDeclarations(root: string): Promise<BuiltFile[]> {
  const build = await rolldown({
    input: Object.fromEntries(
      Object.entries(PUBLIC_ENTRIES).map(([name, source]) => [name, join(root, source)]),
    ),
    plugins: [withoutTakenGlobals(root), dts({ generator: "oxc", dtsOnly: true }), forOldCompilers],
  });
  const { output } = await build.generate({
    format: "esm",
    entryFileNames: "[name].d.cts",
    chunkFileNames: "ringpool-[hash].d.cts",
    minifyInternalExports: false,
  });
  await build.close();
  const modules = Object.keys(PUBLIC_ENTRIES).map((name) => ({
    name: `${name}.d.ts`,
    text: `export * from "./${name}.cjs";\n`,
  }));
  return [
    ...output.map((file) => ({
      name: file.fileName,
      text: file.type === "chunk" ? file.code : String(file.source),
    })),
    ...modules,
  ];
}

/**
 * Leaves out the imports from `src/runtime/globals.ts`. Each gives a value, such as `Promise`, beside which the type
 * `Promise<T>` is still the global one. The bundler of types takes one for the other.
 */
function withoutTakenGlobals(root: string): Plugin {
  const globals = readFileSync(join(root, "src/runtime/globals.ts"), "utf8");
  const taken = new Set(new Bun.Transpiler({ loader: "ts" }).scan(globals).exports);
  return {
    name: "without-taken-globals",
    transform: {
      order: "pre",
      handler: (code) =>
        code.replace(
          /^import \{([^}]*)\} from "([^"]*)";$/gm,
          (_, names: string, from: string) =>
            `import {${names
              .split(",")
              .filter((name) => !taken.has(name.trim()))
              .join()}} from "${from}";`,
        ),
    },
  };
}

/** Writes types so that the compilers of older versions, and with fewer libraries, can read them. */
const forOldCompilers: Plugin = {
  name: "for-old-compilers",
  renderChunk(code) {
    const plain = code.replace(GENERIC_VIEW, "($1 & { readonly buffer: $2 })");
    return DISPOSABLE.test(plain) ? `/// <reference lib="esnext.disposable" />\n${plain}` : plain;
  },
};
