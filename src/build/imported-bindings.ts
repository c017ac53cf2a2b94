/** One import of a module as Bun's transpiler prints it: what it names, and the specifier. */
const IMPORT = /^import (?!\()([^"';]*?) from (["'])([^"'\n]+)\2/gm;
const NAMESPACE = /\*\s*as\s+([\w$]+)/;
const BRACES = /\{([^}]*)\}/;
/** What every worker has. */
const PLATFORM = /^(?:node:|bun(?::|$)|ringpool(?:\/|$)|data:|blob:|file:)/;
const NAME = /^[A-Za-z_$][\w$]*$/;

/**
 * What a module of the program imports, as an object literal with a getter for each binding. Packages register nothing themselves,
 * because to import all of one would undo what the bundler leaves out; nor do CommonJS modules. So the bindings are
 * registered that the module names, and of a namespace the members that it reads.
 *
 * @param text the module's source
 * @returns undefined when there are none, or the source does not parse
 */
export function importedBindings(text: string, loader: Bun.Loader): string | undefined {
  const printed = tryPrint(text, loader);
  if (printed === undefined) return undefined;
  // Not imported: an older runtime could not link it, and would not come to say that it is too old.
  const { isBuiltin } = process.getBuiltinModule("node:module");
  const getters = new Set<string>();
  for (const [, clause = "", , specifier = ""] of printed.matchAll(IMPORT)) {
    if (PLATFORM.test(specifier) || isBuiltin(specifier)) continue;
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
