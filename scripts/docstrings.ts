/**
 * Finds what a user of the package can reach and that has no docstring: names that an entry of package.json "exports"
 * exports, and public members of classes, interfaces and object types among them.
 *
 * Re-exports are followed to the declaration, because an editor shows the docstring that stands there. TypeScript 7 has no
 * API for JavaScript, so the files are parsed with oxc.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseSync } from "oxc-parser";
import { PUBLIC_ENTRIES } from "./build/entries.ts";
import type {
  Class,
  ClassElement,
  Declaration,
  ModuleExportName,
  Node,
  Program,
  PropertyKey,
  Statement,
  TSSignature,
} from "oxc-parser";

/** A parsed file. */
interface Source {
  readonly file: string;
  readonly text: string;
  readonly program: Program;
  /** Where each docstring ends. */
  readonly docstringEnds: readonly number[];
}

/** A declaration, and the statement that a docstring stands before. */
interface Declared {
  readonly source: Source;
  readonly statement: Statement;
  readonly declaration: Declaration;
}

type Member = ClassElement | TSSignature;

/** The sources of what package.json exports. */
export function publicEntries(root: string): string[] {
  return Object.values(PUBLIC_ENTRIES).map((source) => join(root, source));
}

/**
 * @param entries files whose exports are public
 * @returns a line for each name or member without a docstring: the file, from `root` on, the line, and what it is
 */
export function missingDocstrings(root: string, entries: readonly string[]): string[] {
  const modules = new Modules();
  const missing = new Set<string>();
  for (const entry of entries) {
    for (const name of modules.exportsOf(entry)) {
      for (const line of modules.undocumented(entry, name, root)) missing.add(line);
    }
  }
  return [...missing];
}

class Modules {
  readonly #sources = new Map<string, Source>();

  /** All names that a file exports. */
  exportsOf(file: string): string[] {
    const names: string[] = [];
    for (const statement of this.#read(file).program.body) {
      if (statement.type === "ExportDefaultDeclaration") names.push("default");
      if (statement.type === "ExportAllDeclaration") {
        if (statement.exported === null)
          names.push(...this.exportsOf(pathOf(file, statement.source.value)));
        else names.push(nameOf(statement.exported));
      }
      if (statement.type !== "ExportNamedDeclaration") continue;
      if (statement.declaration !== null) names.push(...namesOf(statement.declaration));
      for (const { exported } of statement.specifiers) names.push(nameOf(exported));
    }
    return names;
  }

  /** What of an exported name has no docstring. */
  undocumented(file: string, name: string, root: string): string[] {
    const declared = this.#exported(file, name);
    const [first] = declared;
    if (first === undefined)
      return [`${relative(root, file)}: ${name} is exported, and its declaration was not found`];
    const missing: string[] = [];
    const tell = ({ source }: Declared, node: Node, what: string): void => {
      const line = source.text.slice(0, node.start).split("\n").length;
      missing.push(`${relative(root, source.file)}:${line}: ${what} has no docstring`);
    };
    // Of overloads it is enough that one has its text.
    if (!declared.some(({ source, statement }) => hasDocstring(source, statement)))
      tell(first, first.statement, name);
    for (const one of declared) {
      for (const [at, member, title] of this.#undocumentedMembers(one))
        tell(at, member, `${name}.${title}`);
    }
    return missing;
  }

  #undocumentedMembers(declared: Declared): [Declared, Member, string][] {
    const { source } = declared;
    const groups = Map.groupBy(publicMembers(declared.declaration), (member) =>
      titleOf(member, source.text),
    );
    const missing: [Declared, Member, string][] = [];
    for (const [title, members] of groups) {
      if (!members.some((member) => hasDocstring(source, member)))
        missing.push([declared, members[0] as Member, title]);
    }
    for (const base of basesOf(declared.declaration)) {
      for (const inherited of this.#local(source, base))
        missing.push(...this.#undocumentedMembers(inherited));
    }
    return missing;
  }

  /** The declarations behind an exported name: several for overloads. */
  #exported(file: string, name: string): Declared[] {
    const source = this.#read(file);
    const found: Declared[] = [];
    for (const statement of source.program.body) {
      if (statement.type === "ExportAllDeclaration" && statement.exported === null) {
        const from = pathOf(file, statement.source.value);
        if (this.exportsOf(from).includes(name)) found.push(...this.#exported(from, name));
      }
      if (statement.type !== "ExportNamedDeclaration") continue;
      const { declaration } = statement;
      if (declaration !== null && namesOf(declaration).includes(name))
        found.push({ source, statement, declaration });
      for (const { local, exported } of statement.specifiers) {
        if (nameOf(exported) !== name) continue;
        found.push(
          ...(statement.source === null
            ? this.#local(source, nameOf(local))
            : this.#exported(pathOf(file, statement.source.value), nameOf(local))),
        );
      }
    }
    return found;
  }

  /** The declarations of a name that a file declares or imports. None for what is no file of ours. */
  #local(source: Source, name: string): Declared[] {
    const found: Declared[] = [];
    for (const statement of source.program.body) {
      if (statement.type === "ImportDeclaration" && statement.source.value.startsWith(".")) {
        for (const specifier of statement.specifiers) {
          if (specifier.local.name !== name || specifier.type !== "ImportSpecifier") continue;
          const from = pathOf(source.file, statement.source.value);
          found.push(...this.#exported(from, nameOf(specifier.imported)));
        }
      }
      const declaration =
        statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
      if (declaration === null || !isDeclaration(declaration)) continue;
      if (namesOf(declaration).includes(name)) found.push({ source, statement, declaration });
    }
    return found;
  }

  #read(file: string): Source {
    const known = this.#sources.get(file);
    if (known !== undefined) return known;
    const text = readFileSync(file, "utf8");
    const { program, comments, errors } = parseSync(file, text);
    if (errors.length > 0) throw new Error(`This file does not parse: file=${file}`);
    const docstringEnds = comments
      .filter(({ type, value }) => type === "Block" && value.startsWith("*"))
      .map(({ end }) => end);
    const source = { file, text, program, docstringEnds };
    this.#sources.set(file, source);
    return source;
  }
}

function hasDocstring({ text, docstringEnds }: Source, { start }: Node): boolean {
  return docstringEnds.some((end) => end <= start && text.slice(end, start).trim() === "");
}

function pathOf(file: string, specifier: string): string {
  return join(dirname(file), specifier);
}

function nameOf(name: ModuleExportName): string {
  return name.type === "Literal" ? name.value : name.name;
}

function isDeclaration(node: Statement | Declaration): node is Declaration {
  return (
    node.type === "FunctionDeclaration" ||
    node.type === "TSDeclareFunction" ||
    node.type === "ClassDeclaration" ||
    node.type === "VariableDeclaration" ||
    node.type === "TSInterfaceDeclaration" ||
    node.type === "TSTypeAliasDeclaration" ||
    node.type === "TSEnumDeclaration"
  );
}

function namesOf(declaration: Declaration): string[] {
  if (declaration.type === "VariableDeclaration") {
    return declaration.declarations.flatMap(({ id }) =>
      id.type === "Identifier" ? [id.name] : [],
    );
  }
  const id = "id" in declaration ? declaration.id : null;
  return id !== null && id.type === "Identifier" ? [id.name] : [];
}

/** The members that a user can reach. An override has the text of what it overrides. */
function publicMembers(declaration: Declaration): Member[] {
  switch (declaration.type) {
    case "ClassDeclaration":
      return publicElements(declaration);
    case "TSInterfaceDeclaration":
      return declaration.body.body.filter(isNamed);
    case "TSTypeAliasDeclaration":
      return declaration.typeAnnotation.type === "TSTypeLiteral"
        ? declaration.typeAnnotation.members.filter(isNamed)
        : [];
    default:
      return [];
  }
}

function publicElements({ body }: Class): ClassElement[] {
  return body.body.filter((element) => {
    if (element.type === "StaticBlock" || element.type === "TSIndexSignature") return false;
    if (element.key.type === "PrivateIdentifier" || element.override) return false;
    return element.accessibility === null || element.accessibility === "public";
  });
}

function isNamed(signature: TSSignature): boolean {
  return signature.type === "TSPropertySignature" || signature.type === "TSMethodSignature";
}

function titleOf(member: Member, text: string): string {
  if (!("key" in member)) return member.type;
  const { start, end }: PropertyKey = member.key;
  const key = text.slice(start, end);
  return "computed" in member && member.computed ? `[${key}]` : key;
}

/** The names that a class or an interface extends. */
function basesOf(declaration: Declaration): string[] {
  if (declaration.type === "ClassDeclaration")
    return declaration.superClass?.type === "Identifier" ? [declaration.superClass.name] : [];
  if (declaration.type !== "TSInterfaceDeclaration") return [];
  return declaration.extends.flatMap(({ expression }) =>
    expression.type === "Identifier" ? [expression.name] : [],
  );
}
