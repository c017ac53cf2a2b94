import { isBuiltin } from "node:module";

/** One import of a module as Bun's transpiler prints it: what it names, and the specifier. */
const IMPORT = /^import (?!\()([^"';]*?) from (["'])([^"'\n]+)\2/gm;
const NAMESPACE = /\*\s*as\s+([\w$]+)/;
const BRACES = /\{([^}]*)\}/;
/** Modules of the program, which register their own exports, and what every worker has. */
const NO_PACKAGE = /^(?:\.|\/|node:|bun(?::|$)|ringpool(?:\/|$)|data:|blob:|file:)/;
const NAME = /^[A-Za-z_$][\w$]*$/;

/**
 * What a module of the program imports from packages, as members of an object literal: a getter for each binding. A package
 * itself registers nothing, because to import all of it would undo what the bundler leaves out. So only the bindings are
 * registered that the module names, of a namespace only the members that it reads.
 *
 * @param text the module's source
 * @returns undefined when there are none, or the source does not parse
 */
export function packageImports(text: string, loader: Bun.Loader): string | undefined {
  const printed = tryPrint(text, loader);
  if (printed === undefined) return undefined;
  const getters = new Set<string>();
  for (const [, clause = "", , specifier = ""] of printed.matchAll(IMPORT)) {
    if (NO_PACKAGE.test(specifier) || isBuiltin(specifier)) continue;
    for (const [name, value] of bindingsOf(clause, printed))
      getters.add(`get ${name}(){return ${value}}`);
  }
  return getters.size === 0 ? undefined : `{__proto__:null,${[...getters].join(",")}}`;
}

/** Without types, and without imports that nothing uses. */
function tryPrint(text: string, loader: Bun.Loader): string | undefined {
  try {
    return new Bun.Transpiler({
      loader: loader as Bun.JavaScriptLoader,
      trimUnusedImports: true,
    }).transformSync(text);
  } catch {
    return undefined;
  }
}

function* bindingsOf(clause: string, printed: string): Generator<readonly [string, string]> {
  const namespace = NAMESPACE.exec(clause)?.[1];
  if (namespace !== undefined) {
    const member = new RegExp(`(?<![\\w$.])${RegExp.escape(namespace)}\\.([A-Za-z_$][\\w$]*)`, "g");
    for (const [, name = ""] of printed.matchAll(member))
      yield [`${namespace}$${name}`, `${namespace}.${name}`];
  }
  const named = BRACES.exec(clause)?.[1] ?? "";
  const [whole = ""] = clause.split(/[{*,]/);
  const locals = named.split(",").map(
    (each) =>
      each
        .trim()
        .split(/\s+as\s+/)
        .at(-1) ?? "",
  );
  for (const local of [whole.trim(), ...locals]) if (NAME.test(local)) yield [local, local];
}
