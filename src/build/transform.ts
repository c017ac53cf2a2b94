import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { importedBindings } from "./imported-bindings.ts";

/** What stands before the first statement of a module. */
const HEAD = /^(?:#![^\n]*\n)?(?:\s|\/\/[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*/;
/** `new URL("./tasks.ts", import.meta.url)`, but not that of a worker of the program's own. */
const MODULE_URL =
  /(?<!\bWorker\s*\(\s*)\bnew\s+URL\(\s*(["'`])(\.\.?\/[^"'`?#$]+\.[cm]?[jt]sx?)\1(\s*,\s*import\.meta\.url\s*,?\s*\))/g;
/** `fromModule<…>(import.meta.resolve("./tasks.ts"))`, and the same with a package. */
const RESOLVED =
  /(\bfromModule\s*(?:<(?:[^;<>]|<[^;<>]*>)*>)?\s*\(\s*)import\.meta\.resolve\(\s*(["'`])([^"'`?#$]+)\2\s*,?\s*\)/g;
const MAIN_GUARD = /\bimport\.meta\.main\b/g;
const IN_MAIN = '(import.meta.main&&!globalThis[Symbol.for("ringpool.insideWorker")])';
/** What `src/callable/bundled-modules.ts` reads. */
const MODULES = '(globalThis[Symbol.for("ringpool.bundledModules")]??=new Map())';
const QUERY = "ringpool-module";
/** Before the name of the module whose imports these are: `src/callable/find-bundled-export.ts` tells them by it. */
const IMPORTS = "imports of ";
const NOT_BUNDLED = /^(?:node:|bun(?::|$)|data:|file:|https?:)/;

/** A module as the plugin finds it. */
export interface ModuleText {
  /** Its file, absolute. */
  readonly path: string;
  readonly text: string;
  readonly loader: Bun.Loader;
  /** Whether it is an ES module. A CommonJS module cannot import itself. */
  readonly isEsModule: boolean;
}

/**
 * Writes into a module that it registers its exports, and the modules that it names with `fromModule`. No line moves.
 *
 * @param root the folder that the names of modules are relative to
 * @param isCommonJs whether the bundle is a CommonJS module: the bundler writes there where the source was in place of
 *   `import.meta.url`
 */
export function transform(
  { path, text, loader, isEsModule }: ModuleText,
  root: string,
  isCommonJs: boolean,
): string {
  const head = HEAD.exec(text)?.[0] ?? "";
  const statements: string[] = [];
  const here = isCommonJs ? '"cjs:"' : "import.meta.url";
  const register = (name: string, module: string): void => {
    statements.push(`${MODULES}.set(${here}+${JSON.stringify(` ${name}`)},${module});`);
  };
  let body = text.slice(head.length).replaceAll(MAIN_GUARD, IN_MAIN);
  if (/\bfromModule\b/.test(body)) {
    /** The modules that are named, by their names: what to import. */
    const named = new Map<string, string>();
    const queryOf = (specifier: string): string => {
      const isFile = specifier.startsWith(".");
      const file = isFile ? join(dirname(path), specifier) : specifier;
      const name = isFile ? nameOf(file, root) : file;
      named.set(name, file);
      return `?${QUERY}=${encodeURIComponent(name)}`;
    };
    body = body
      .replaceAll(
        MODULE_URL,
        (_, quote: string, specifier: string, rest: string) =>
          `new URL(${quote}${specifier}${queryOf(specifier)}${quote}${rest}`,
      )
      .replaceAll(RESOLVED, (whole: string, call: string, _: string, specifier: string) => {
        if (NOT_BUNDLED.test(specifier)) return whole;
        return `${call}${JSON.stringify(`file:///${queryOf(specifier)}`)}`;
      });
    for (const [name, file] of named) register(name, `{load:()=>import(${JSON.stringify(file)})}`);
  }
  if (isEsModule) {
    statements.unshift(`import*as ringpool$exports from${JSON.stringify(path)};`);
    const name = nameOf(path, root);
    register(name, "{exports:ringpool$exports}");
    const imported = importedBindings(text, loader);
    if (imported !== undefined) register(`${IMPORTS}${name}`, `{exports:${imported}}`);
  }
  return head + statements.join("") + body;
}

/** A name that is the same on every machine that builds the program. */
function nameOf(file: string, root: string): string {
  const name = relative(root, file);
  return (isAbsolute(name) ? file : name).replaceAll(sep, "/");
}
