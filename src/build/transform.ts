import { isAbsolute, relative, sep } from "node:path";
import { importedBindings } from "./imported-bindings.ts";
import { GAP, edited, tokens } from "./source-text.ts";
import { tryResolve } from "./try-resolve.ts";
import type { Edit, SourceText } from "./source-text.ts";

/**
 * What stands before the first statement of a module, and its directives. A directive without a semicolon ends with its line, unless
 * the next line goes on with it.
 */
const HEAD: RegExp = new RegExp(
  String.raw`^(?:#![^\n\r\u2028\u2029]*)?${GAP}(?:(?:"[^"\\\n\r]*"|'[^'\\\n\r]*')(?:${GAP};|(?=[^\S\n\r]*(?:\/\/.*)?[\n\r]${GAP}(?!in\b|instanceof\b|as\b|satisfies\b)[\p{ID_Start}$_"'@{]))${GAP})*`,
  "u",
);
const WORD = String.raw`(?<![\p{ID_Continue}$#\u200c\u200d])`;
const NO_WORD = String.raw`(?![\p{ID_Continue}$\u200c\u200d])`;
const META: string = tokens(`${WORD}import`, String.raw`\.`, "meta", String.raw`\.`);

const MAIN_GUARD: RegExp = new RegExp(tokens(META, `main${NO_WORD}`), "gu");
/** `new URL("./tasks.ts", import.meta.url)` up to the text, and after it. */
const MODULE_URL: RegExp = new RegExp(
  `(?<before>${tokens(`${WORD}new${NO_WORD}`, `${WORD}URL`, String.raw`\(`, "")})` +
    String.raw`(?<quote>["'\x60])(?<specifier>(?![a-z][\w+.-]*:|[\/?#])[^"'\x60?#$\\\n\r]+\.[cm]?[jt]sx?)\k<quote>` +
    tokens("", ",", META, `url${NO_WORD}`, ",?", String.raw`\)`),
  "gu",
);
/** `import.meta.resolve("./tasks.ts")`, and the same with a package. */
const RESOLVED: RegExp = new RegExp(
  tokens(META, "resolve", String.raw`\(`, "") +
    String.raw`(?<quote>["'\x60])(?<specifier>[^"'\x60?#$\\\n\r]+)\k<quote>` +
    tokens("", ",?", String.raw`\)`),
  "gu",
);
const FROM_MODULE: RegExp = new RegExp(`${WORD}fromModule${NO_WORD}`, "gu");
/** `fromModule<…>(` */
const IN_FROM_MODULE: RegExp = new RegExp(
  `${WORD}${tokens("fromModule", "(?:<(?:[^;<>]|<[^;<>]*>)*>)?", String.raw`\(`)}${GAP}$`,
  "u",
);
/** `new Worker(`: a worker of the program's own. */
const IN_WORKER: RegExp = new RegExp(`${WORD}${tokens("Worker", String.raw`\(`)}${GAP}$`, "u");
/** What stands before a place at which a parenthesis may go on with the expression of the line before. */
const MAY_BEGIN_STATEMENT = /(?:^|[\n\r\u2028\u2029]|\*\/)[^\S\n\r]*$/;

const NOT_IN_WORKER = '&&!globalThis[Symbol.for("ringpool.insideWorker")])';
/** What `src/callable/bundled-modules.ts` reads. */
const MODULES = '(globalThis[Symbol.for("ringpool.bundledModules")]??=new Map())';
const QUERY = "ringpool-module";
/** Before the name of the module whose imports these are: `src/callable/find-bundled-export.ts` tells them by it. */
const IMPORTS = "imports of ";
const NOT_BUNDLED = /^(?:node:|bun(?::|$)|data:|file:|https?:)/;

/** A module as the plugin finds it. */
export interface Module {
  /** Its file, absolute. */
  readonly path: string;
  /** It has to parse. */
  readonly source: SourceText;
  /** Whether it is an ES module. A CommonJS module cannot import itself. */
  readonly isEsModule: boolean;
  /** Whether it exports as CommonJS modules do. A script may export nothing in either way. */
  readonly isCommonJs?: boolean;
  /** What it is to import: a module of the text of `lateModulesText`. */
  readonly lateModules?: string;
}

/**
 * Writes into a module that it registers its exports, and the modules that it names with `fromModule`. No line moves.
 *
 * @param root the folder that the names of modules are relative to
 * @param isCommonJs whether the bundle is a CommonJS module: the bundler writes there where the source was in place of
 *   `import.meta.url`
 */
export function transform(module: Module, root: string, isCommonJs: boolean): string {
  const { path, source, isEsModule, lateModules } = module;
  const statements: string[] = [];
  const register = (name: string, what: string): void => {
    statements.push(`${MODULES}.set(${keyOf(name, isCommonJs)},${what});`);
  };
  const { edits, named } = nameModules(module, root);
  for (const [name, file] of named) statements.push(loader(name, file, isCommonJs));
  if (module.isCommonJs === true) {
    // Its functions are found below its default, and what it exports is known at its end. The bundler turns some CommonJS modules
    // into ES modules, in which `module.exports` is nothing: not those that pass `module` on.
    register(
      nameOf(path, root),
      "(module=>({get exports(){return{__proto__:null,default:module?.exports}}}))(typeof module==='object'?module:undefined)",
    );
  }
  if (isEsModule) {
    statements.unshift(`import*as ringpool$exports from${JSON.stringify(path)};`);
    const name = nameOf(path, root);
    register(name, "{exports:ringpool$exports}");
    const imported = importedBindings(source);
    if (imported !== undefined) register(`${IMPORTS}${name}`, `{exports:${imported}}`);
  }
  if (lateModules !== undefined) {
    // In a module that is none yet, an import would make an ES module of it.
    const specifier = JSON.stringify(lateModules);
    statements.unshift(isEsModule ? `import${specifier};` : `require(${specifier});`);
  }
  if (statements.length > 0) {
    const head = HEAD.exec(source.text)?.[0] ?? "";
    // It ends a directive that has no semicolon.
    edits.push(insertion(head.length, `;${statements.join("")}`));
  }
  return edited(source.text, [...edits, ...mainGuards(source)]);
}

/** A module that registers how to load others, which are evaluated late or never. It has no effect on those that have begun. */
export function lateModulesText(
  files: Iterable<string>,
  root: string,
  isCommonJs: boolean,
): string {
  return Array.from(files, (file) => loader(nameOf(file, root), file, isCommonJs)).join("");
}

function loader(name: string, module: string, isCommonJs: boolean): string {
  const key = keyOf(name, isCommonJs);
  return `${MODULES}.has(${key})||${MODULES}.set(${key},{load:()=>import(${JSON.stringify(module)})});`;
}

function keyOf(name: string, isCommonJs: boolean): string {
  return `${isCommonJs ? '"cjs:"' : "import.meta.url"}+${JSON.stringify(` ${name}`)}`;
}

/** Makes `import.meta.main` false in workers. */
function* mainGuards(source: SourceText): Generator<Edit> {
  for (const { 0: whole, index } of source.findCode(MAIN_GUARD)) {
    if (source.isProperty(index)) continue;
    // The bundler knows the value of some, and leaves out what they guard if nothing but operators is around them.
    const isFirst = MAY_BEGIN_STATEMENT.test(source.text.slice(0, index));
    yield insertion(index, isFirst ? "globalThis.Boolean(" : "(");
    yield insertion(index + whole.length, NOT_IN_WORKER);
  }
}

/** Gives the modules that are named for `fromModule` a query that names them, and lists what to import, by these names. */
function nameModules(
  { path, source }: Pick<Module, "path" | "source">,
  root: string,
): { readonly edits: Edit[]; readonly named: ReadonlyMap<string, string> } {
  const edits: Edit[] = [];
  const named = new Map<string, string>();
  if (source.findCode(FROM_MODULE).next().done === true) return { edits, named };
  const queryFor = (module: string): string => {
    const name = isAbsolute(module) ? nameOf(module, root) : module;
    named.set(name, module);
    return `?${QUERY}=${encodeURIComponent(name)}`;
  };
  for (const { index, groups = {} } of source.findCode(MODULE_URL)) {
    const { before = "", specifier = "" } = groups;
    const file = tryLocate(specifier, path);
    if (file === undefined || source.isBehind(IN_WORKER, index)) continue;
    const end = index + before.length + 1 + specifier.length;
    edits.push(insertion(end, queryFor(file)));
  }
  for (const { 0: whole, index, groups = {} } of source.findCode(RESOLVED)) {
    const { specifier = "" } = groups;
    if (NOT_BUNDLED.test(specifier) || !source.isBehind(IN_FROM_MODULE, index)) continue;
    const module = specifier.startsWith(".")
      ? tryLocate(specifier, path)
      : tryResolve(specifier, path) && specifier;
    if (module === undefined) continue;
    const lines = whole.replaceAll(/[^\n]+/g, "");
    const text = JSON.stringify(`file:///${queryFor(module)}`) + lines;
    edits.push({ start: index, end: index + whole.length, text });
  }
  return { edits, named };
}

function insertion(index: number, text: string): Edit {
  return { start: index, end: index, text };
}

/** The file that a relative URL names; undefined when there is none. What is not there is found, or missed, when the program runs. */
function tryLocate(specifier: string, from: string): string | undefined {
  try {
    const file = Bun.fileURLToPath(new URL(specifier, Bun.pathToFileURL(from)));
    return tryResolve(file, from) && file;
  } catch {
    return undefined;
  }
}

/** A name that is the same on every machine that builds the program. */
export function nameOf(file: string, root: string): string {
  const name = relative(root, file);
  return (isAbsolute(name) ? file : name).replaceAll(sep, "/");
}
