/**
 * The entry `ringpool/build`: a plugin for Bun's bundler. It knows nothing of pools, and the rest of the package nothing of
 * it. What it writes into a program is read by `src/callable/bundled-modules.ts`.
 *
 * @module ringpool/build
 */

import { transform } from "./transform.ts";

const SCRIPTS = /\.[cm]?[jt]sx?$/;
const PACKAGES = /[\\/]node_modules[\\/]/;

/** Settings of the plugin. */
export interface RingpoolPluginOptions {
  /** The folder of the program. Modules are named by their paths from there. The working directory when left out. */
  readonly root?: string;
}

/** A plugin as `Bun.build` takes it, in a form that needs no types of Bun. */
export interface RingpoolPlugin {
  /** The plugin's name, `"ringpool"`. */
  readonly name: string;
  /** Is called by the bundler with its builder. */
  setup(build: never): void;
}

/** What the plugin uses of Bun's `PluginBuilder`. */
interface Builder {
  readonly config: { readonly format?: string; readonly bytecode?: boolean };
  onLoad(
    constraints: { readonly filter: RegExp; readonly namespace: string },
    load: (module: {
      readonly path: string;
      readonly loader: Bun.Loader;
    }) => Promise<{ readonly contents: string; readonly loader: Bun.Loader } | undefined>,
  ): unknown;
}

/**
 * A plugin for `Bun.build`, with which exported functions and `fromModule` work in bundles and executables too.
 *
 * It lets each module of the program tell to the pool what it exports, and what it imports from packages, in the program and in its
 * workers. Modules in `node_modules` are left as they are. In workers `import.meta.main` is false, in executables too.
 *
 * @throws TypeError for an unknown option, or a root that is no text
 * @example
 * ```ts
 * import { ringpool } from "ringpool/build";
 * await Bun.build({ entrypoints: ["./app.ts"], outdir: "./out", target: "bun", plugins: [ringpool()] });
 * ```
 */
export function ringpool(options: RingpoolPluginOptions = {}): RingpoolPlugin {
  const { root = process.cwd(), ...unknown } = options;
  if (typeof root !== "string")
    throw new TypeError(`root is the path of a folder: root=${String(root)}`);
  const [other] = Object.keys(unknown);
  if (other !== undefined) throw new TypeError(`ringpool() has one option, root: option=${other}`);
  return {
    name: "ringpool",
    setup(build: Builder) {
      const { format, bytecode } = build.config;
      const isCommonJs = format === "cjs" || (bytecode === true && format !== "esm");
      build.onLoad({ filter: SCRIPTS, namespace: "file" }, async ({ path, loader }) => {
        if (PACKAGES.test(path)) return undefined;
        const text = await Bun.file(path).text();
        const module = { path, text, loader, isEsModule: isEsModule(text, loader) };
        return { contents: transform(module, root, isCommonJs), loader };
      });
    },
  };
}

function isEsModule(text: string, loader: Bun.Loader): boolean {
  try {
    const { imports, exports } = new Bun.Transpiler({
      loader: loader as Bun.JavaScriptLoader,
    }).scan(text);
    return exports.length > 0 || imports.some(({ kind }) => kind === "import-statement");
  } catch {
    // The bundler says what is wrong with it.
    return false;
  }
}
