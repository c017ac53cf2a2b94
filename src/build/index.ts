/**
 * The entry `ringpool/build`: a plugin for Bun's bundler. It knows nothing of pools, and the rest of the package nothing of
 * it. What it writes into a program is read by `src/callable/bundled-modules.ts`.
 *
 * @module ringpool/build
 */

import { LateModules, importsLate } from "./late-modules.ts";
import { SourceText } from "./source-text.ts";
import { lateModulesText, nameOf, transform } from "./transform.ts";
import { tryResolve } from "./try-resolve.ts";

const LOADERS: readonly Bun.Loader[] = ["js", "jsx", "ts", "tsx"] satisfies Bun.JavaScriptLoader[];
const SCRIPTS = /\.[cm]?[jt]sx?$/;
/** The namespace of the modules that the plugin adds, and what their specifiers begin with. */
const LATE = "ringpool-late";
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
  readonly config: {
    readonly format?: string;
    readonly bytecode?: boolean;
    readonly splitting?: boolean;
  };
  onResolve(
    constraints: { readonly filter: RegExp },
    resolve: (module: { readonly path: string }) => {
      readonly path: string;
      readonly namespace: string;
    },
  ): unknown;
  onLoad(
    constraints: { readonly filter: RegExp; readonly namespace: string },
    load: (module: {
      readonly path: string;
      readonly loader: Bun.Loader;
      /** Waits until all other modules are loaded. */
      readonly defer: () => Promise<void>;
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
      const { format, bytecode, splitting = false } = build.config;
      const isCommonJs = format === "cjs" || (bytecode === true && format !== "esm");
      /** Files that are imported as texts or as files, and not as modules. The bundler does not say so when it loads them. */
      const texts = new Set<string>();
      const modules = new LateModules();
      /** The modules that import late, by the names of what they import for it. */
      const late = new Map<string, string>();
      build.onResolve({ filter: new RegExp(`^${LATE}:`) }, ({ path }) => ({
        path: path.slice(LATE.length + 1),
        namespace: LATE,
      }));
      build.onLoad({ filter: /^/, namespace: LATE }, async ({ path, defer }) => {
        await defer();
        const contents = lateModulesText(modules.of(late.get(path) ?? ""), root, isCommonJs);
        return { contents, loader: "js" };
      });
      build.onLoad({ filter: SCRIPTS, namespace: "file" }, async ({ path, loader }) => {
        if (PACKAGES.test(path) || texts.has(path) || !isScript(loader)) return undefined;
        const source = new SourceText(await Bun.file(path).text(), loader);
        const scan = source.scan();
        // The bundler says what is wrong with it.
        if (scan === undefined) return undefined;
        for (const specifier of source.texts()) texts.add(tryResolve(specifier, path) ?? specifier);
        const isEsModule =
          scan.exports.length > 0 || scan.imports.some(({ kind }) => kind === "import-statement");
        const imports = source.imports();
        modules.add(path, imports);
        // With splitting each of them is in a file that the bundler wraps nothing in, and that a worker imports.
        const isLate = !splitting && importsLate(imports);
        if (isLate) late.set(nameOf(path, root), path);
        const lateModules = isLate ? { lateModules: `${LATE}:${nameOf(path, root)}` } : {};
        const isCommonJsModule = !isEsModule && source.isCommonJs();
        const module = { path, source, isEsModule, isCommonJs: isCommonJsModule, ...lateModules };
        return { contents: transform(module, root, isCommonJs), loader };
      });
    },
  };
}

function isScript(loader: Bun.Loader): loader is Bun.JavaScriptLoader {
  return LOADERS.includes(loader);
}
