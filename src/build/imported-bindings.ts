import type { SourceText } from "./source-text.ts";

/**
 * One import of a module as Bun's transpiler prints it: what it names, and the specifier. One with attributes is none: it gives a text, a
 * file or data, or it is a macro.
 */
const IMPORT =
  /^import (?<clause>(?:[^"'`;(]|"(?:[^"\\\n]|\\.)*")+) from (?:"(?<specifier>(?:[^"\\\n]|\\.)*)"|'(?<other>(?:[^'\\\n]|\\.)*)');?$/gm;
/** What a module exports of its own names. It would not parse without the imports. */
const EXPORTED = /^export \{[^}]*\};?$/gm;
const NAMESPACE = /\*\s*as\s+(?<namespace>[\w$]+)/;
const BRACES = /\{([^}]*)\}/;
const QUOTED = /"(?:[^"\\\n]|\\.)*"/g;
/** What every worker has. */
const PLATFORM = /^(?:node:|bun(?::|$)|ringpool(?:\/|$)|data:|blob:|file:)/;
const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/**
 * What a module of the program imports, as an object literal with a getter for each binding. Packages register nothing themselves,
 * because to import all of one would undo what the bundler leaves out; nor do CommonJS modules. So the bindings are
 * registered that the module names, and of a namespace the members that it reads.
 *
 * @returns undefined when there are none, or the source does not parse
 */
export function importedBindings(source: SourceText): string | undefined {
  const printed = source.print();
  if (printed === undefined) return undefined;
  // Not imported: an older runtime could not link it, and would not come to say that it is too old.
  const { isBuiltin } = process.getBuiltinModule("node:module");
  const getters = new Set<string>();
  for (const { clause, specifier, members } of importsOf(printed)) {
    if (PLATFORM.test(specifier) || isBuiltin(specifier)) continue;
    for (const local of namesIn(clause)) getters.add(`get ${local}(){return ${local}}`);
    for (const [namespace, name] of members)
      getters.add(`get ${namespace}$${name}(){return ${namespace}.${name}}`);
  }
  return getters.size === 0 ? undefined : `{__proto__:null,${[...getters].join(",")}}`;
}

interface Import {
  readonly clause: string;
  readonly specifier: string;
  /** The members that the module reads of the namespace, if it imports that: the namespace's name, and the member's. */
  readonly members: readonly (readonly [string, string])[];
}

/**
 * The imports of a module, in its text as the transpiler prints it.
 *
 * A template may hold lines that look like them. So a call stands in the place of each, and the transpiler is told to rename what is called: it
 * does so in code alone. It renames a namespace as well, which nothing declares then, where no variable inside has the same name.
 */
function importsOf(printed: string): Import[] {
  let mark = "ringpool$";
  while (printed.includes(mark)) mark += "$";
  const define: Record<string, string> = {};
  const found: {
    readonly clause: string;
    readonly specifier: string;
    readonly namespace?: string;
  }[] = [];
  const text = printed.replaceAll(EXPORTED, "").replaceAll(IMPORT, (...match: unknown[]) => {
    const groups = match.at(-1) as Readonly<Record<string, string | undefined>>;
    const { clause = "", specifier = groups["other"] ?? "" } = groups;
    const namespace = NAMESPACE.exec(clause)?.groups?.["namespace"];
    const call = `${mark}call${found.length}`;
    define[call] = `${mark}import${found.length}`;
    if (namespace !== undefined) define[namespace] = `${mark}of$${namespace}`;
    found.push({ clause, specifier, ...(namespace === undefined ? {} : { namespace }) });
    return `${call}();`;
  });
  if (found.length === 0) return [];
  const renamed = new Bun.Transpiler({ loader: "js", target: "bun", define }).transformSync(text);
  return found
    .filter((_, index) => renamed.includes(`${mark}import${index}(`))
    .map(({ clause, specifier, namespace }) => ({
      clause,
      specifier,
      members: namespace === undefined ? [] : membersOf(namespace, `${mark}of$`, renamed),
    }));
}

function membersOf(namespace: string, mark: string, renamed: string): [string, string][] {
  const read = new RegExp(
    String.raw`(?<![\w$])${RegExp.escape(mark + namespace)}\??\.([A-Za-z_$][\w$]*)`,
    "g",
  );
  return Array.from(renamed.matchAll(read), ([, name = ""]) => [namespace, name]);
}

/** The local names in what an import names, but that of a namespace. */
function* namesIn(clause: string): Generator<string> {
  const plain = clause.replaceAll(QUOTED, "text");
  const [whole = ""] = plain.split(/[{*,]/);
  const named = BRACES.exec(plain)?.[1] ?? "";
  for (const each of [whole, ...named.split(",")]) {
    const local = each
      .trim()
      .split(/\s+as\s+/)
      .at(-1);
    if (local !== undefined && NAME.test(local)) yield local;
  }
}
