import { dirname, isAbsolute, join, relative, sep } from "node:path";

/** What stands before the first statement of a module. */
const HEAD = /^(?:#![^\n]*\n)?(?:\s|\/\/[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*/;
/** `new URL("./tasks.ts", import.meta.url)`, but not that of a worker of the program's own. */
const MODULE_URL =
  /(?<!\bWorker\s*\(\s*)\bnew\s+URL\(\s*(["'`])(\.\.?\/[^"'`?#$]+\.[cm]?[jt]sx?)\1(\s*,\s*import\.meta\.url\s*,?\s*\))/g;
const MAIN_GUARD = /\bimport\.meta\.main\b/g;
const IN_MAIN = '(import.meta.main&&!globalThis[Symbol.for("ringpool.insideWorker")])';
/** What `src/callable/bundled-modules.ts` reads. */
const MODULES = '(globalThis[Symbol.for("ringpool.bundledModules")]??=new Map())';
const QUERY = "ringpool-module";

/** A module as the plugin finds it. */
export interface ModuleText {
  /** Its file, absolute. */
  readonly path: string;
  readonly text: string;
  /** Whether it is an ES module. A CommonJS module cannot import itself. */
  readonly isEsModule: boolean;
}

/**
 * Writes into a module that it registers its exports, and the modules that it names with `fromModule`. No line moves.
 *
 * @param root the folder that the names of modules are relative to
 */
export function transform({ path, text, isEsModule }: ModuleText, root: string): string {
  const head = HEAD.exec(text)?.[0] ?? "";
  const statements: string[] = [];
  const register = (file: string, module: string): void => {
    const name = JSON.stringify(` ${nameOf(file, root)}`);
    statements.push(`${MODULES}.set(import.meta.url+${name},${module});`);
  };
  let body = text.slice(head.length).replaceAll(MAIN_GUARD, IN_MAIN);
  if (/\bfromModule\b/.test(body)) {
    const named = new Set<string>();
    body = body.replaceAll(MODULE_URL, (_, quote: string, specifier: string, rest: string) => {
      const file = join(dirname(path), specifier);
      named.add(file);
      const query = `${QUERY}=${encodeURIComponent(nameOf(file, root))}`;
      return `new URL(${quote}${specifier}?${query}${quote}${rest}`;
    });
    for (const file of named) register(file, `{load:()=>import(${JSON.stringify(file)})}`);
  }
  if (isEsModule) {
    statements.unshift(`import*as ringpool$exports from${JSON.stringify(path)};`);
    register(path, "{exports:ringpool$exports}");
  }
  return head + statements.join("") + body;
}

/** A name that is the same on every machine that builds the program. */
function nameOf(file: string, root: string): string {
  const name = relative(root, file);
  return (isAbsolute(name) ? file : name).replaceAll(sep, "/");
}
