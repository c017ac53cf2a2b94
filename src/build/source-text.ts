/** What may stand between two tokens. */
export const GAP: string = String.raw`(?:\s|\/\/[^\n\r\u2028\u2029]*[\n\r\u2028\u2029]|\/\*(?:[^*]|\*(?!\/))*\*\/)*`;
/** A character that is allowed in strings, templates, regular expressions, comments and JSX text, and nowhere else. */
const NO_CODE = "\u0001";
/** The end of an import with attributes, or one that is a call. */
const ATTRIBUTED: RegExp = new RegExp(
  String.raw`\b(?:from|import|import${GAP}\()${GAP}(?<quote>["'])(?<specifier>[^"'\n\\]+)\k<quote>${GAP}(?:with|assert|,${GAP}\{${GAP}with${GAP}:)${GAP}\{${GAP}["']?type["']?${GAP}:${GAP}(?<of>["'])(?<type>\w+)\k<of>`,
  "g",
);
const MACRO = /(\btype["']?\s*:\s*)(["'])macro\2/g;
const POINT: RegExp = new RegExp(String.raw`(?<!\.\.)\.${GAP}$`);
/** What CommonJS modules export with. */
const COMMON_JS: RegExp = new RegExp(
  String.raw`(?<![\p{ID_Continue}$#\u200c\u200d])(?:exports|module${GAP}\??\.${GAP}exports)(?![\p{ID_Continue}$\u200c\u200d])`,
  "gu",
);

/** Joins patterns of tokens to one in which white space and comments may stand between them. */
export function tokens(...patterns: readonly string[]): string {
  return patterns.join(GAP);
}

/** A change of a text: what stands between two places becomes another text. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The source text of a module. It is searched by patterns, and Bun's parser confirms what they find: a string, a template, a comment, a
 * regular expression or JSX text may hold the same characters.
 *
 * The parser gives no positions. But it refuses a control character in code and allows it in all of those, so it tells of any place
 * whether that is code. A pattern that begins in code, and allows nothing but tokens and what may stand between them, matches code to
 * its end.
 */
export class SourceText {
  readonly text: string;
  readonly loader: Bun.JavaScriptLoader;
  /** Of the same length as the text. Bun would run macros each time when it parses. */
  readonly #withoutMacros: string;

  constructor(text: string, loader: Bun.JavaScriptLoader) {
    this.text = text;
    this.loader = loader;
    this.#withoutMacros = text.replaceAll(MACRO, "$1$2json5$2");
  }

  /** What the module imports and exports; undefined when it does not parse. */
  scan(): ReturnType<Bun.Transpiler["scan"]> | undefined {
    return this.#attempt(() => this.#parse(this.#withoutMacros));
  }

  /** What the module imports, also what it requires. Types too, where they do not say that they are. */
  imports(): readonly Bun.Import[] {
    const transpiler = new Bun.Transpiler({ loader: this.loader });
    return this.#attempt(() => transpiler.scanImports(this.#withoutMacros)) ?? [];
  }

  /** Whether it exports as CommonJS modules do, if it is no ES module. The text has to parse. */
  isCommonJs(): boolean {
    return this.findCode(COMMON_JS).some(({ index }) => !this.isProperty(index));
  }

  /** The module as JavaScript, without types and without imports that nothing uses; undefined when it does not parse. */
  print(): string | undefined {
    const transpiler = new Bun.Transpiler({
      loader: this.loader,
      target: "bun",
      trimUnusedImports: true,
      // The bundle may run in another environment, and needs what is used there.
      define: { "process.env.NODE_ENV": "process.env.NODE_ENV" },
    });
    return this.#attempt(() => transpiler.transformSync(this.#withoutMacros));
  }

  /** The specifiers that it imports as something else than a script, such as `with { type: "text" }`. */
  texts(): ReadonlySet<string> {
    const texts = new Set<string>();
    for (const { groups = {} } of this.findCode(ATTRIBUTED)) {
      const { specifier = "", type = "" } = groups;
      if (!/^(?:macro|[jt]sx?)$/.test(type)) texts.add(specifier);
    }
    return texts;
  }

  /** What a pattern finds in the text, where that begins in code. The text has to parse. */
  *findCode(pattern: RegExp): Generator<RegExpExecArray> {
    for (const match of this.text.matchAll(pattern)) if (this.isCode(match.index)) yield match;
  }

  /** Whether the character at a place begins a token, or stands in one that is no text. The text has to parse. */
  isCode(index: number): boolean {
    const text = this.#withoutMacros;
    const marked = text.slice(0, index) + NO_CODE + text.slice(index);
    return this.#attempt(() => this.#parse(marked)) === undefined;
  }

  /** Whether a pattern, up to a place, ends there and begins in code. */
  isBehind(pattern: RegExp, index: number): boolean {
    const match = pattern.exec(this.text.slice(0, index));
    return match !== null && this.isCode(match.index);
  }

  /** Whether the word at a place is the name of a property that is read. */
  isProperty(index: number): boolean {
    return this.isBehind(POINT, index);
  }

  #parse(text: string): ReturnType<Bun.Transpiler["scan"]> {
    return new Bun.Transpiler({ loader: this.loader }).scan(text);
  }

  #attempt<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch {
      return undefined;
    }
  }
}

/** Makes changes, which do not overlap, in a text. */
export function edited(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return parts.join("") + text.slice(at);
}
