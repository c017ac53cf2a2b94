/** The plugin changes code alone: what only looks like code, in a text or a comment, stays as it is. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";
import { parseSync } from "oxc-parser";
import { SourceText } from "../../src/build/source-text.ts";
import { transform } from "../../src/build/transform.ts";

const ROOT = join(import.meta.dir, "../..");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringpool build é "));
  for (const name of ["tasks.ts", "my tasks.ts"]) await writeFile(join(folder, name), "export {};");
});
afterAll(() => rm(folder, { recursive: true }));

function transformed(
  text: string,
  loader: Bun.JavaScriptLoader = "tsx",
  isEsModule = false,
): string {
  const source = new SourceText(text, loader);
  expect(source.scan()).toBeDefined();
  const path = join(folder, `module.${loader}`);
  return transform({ path, source, isEsModule }, folder, false);
}

function isWhole(text: string, loader: Bun.JavaScriptLoader): boolean {
  return new SourceText(text, loader).scan() !== undefined;
}

/** What the plugin writes around `import.meta.main`. */
const GUARDED = '(import.meta.main&&!globalThis[Symbol.for("ringpool.insideWorker")])';
const GUARDED_FIRST = `globalThis.Boolean${GUARDED}`;

/** Code in which "X" stands where a text that looks like code is to stay, and the loader if it is not that of TSX. */
const TEXTS: readonly (readonly [string, string, Bun.JavaScriptLoader?])[] = [
  ["a string", 'const a = "in X here";'],
  ["a string in single quotes", "const a = 'in X here';"],
  ["a string with an escaped quote", 'const a = "a \\" X";'],
  ["a string over two lines", 'const a = "a \\\nX";'],
  ["a directive", '"use X"; f();'],
  ["a key in quotes", 'const a = { "X": 1 };'],
  ["a specifier", 'import("X");'],
  ["a template", "const a = `in X here`;"],
  ["a template over lines", "const a = `\nX\nX`;"],
  ["a template beside its code", "const a = `X ${b} X ${c} X`;"],
  ["a template in the code of a template", "const a = `${b(`X ${`X`} X`)} X`;"],
  ["a template after braces in its code", "const a = `${{ b: { c: `}` } }} X`;"],
  ["a tagged template", "const a = String.raw`\\X`;"],
  ["a comment", "f(); // X"],
  ["a comment after a regular expression", 'f(/"/); // X'],
  ["a comment in a block", "f(/* X */); /** X */"],
  ["a comment over lines", "/*\n * X\n */\nf();"],
  ["a comment at the end of the text", "f();\n// X"],
  ["a comment in the code of a template", "const a = `${/* X */ b}`;"],
  ["a hashbang", "#!/usr/bin/env X\nf();"],
  ["a regular expression", "const a = /X/;"],
  ["a regular expression with quotes", "const a = /[\"'`]X/u;"],
  ["a regular expression with a slash in a class", 'const a = /[/"]X/v;'],
  ["a regular expression after a parenthesis", "if (a) /X/.test(b);"],
  ["a regular expression after a brace", "{}\n/X/.test(b);"],
  ["a string after a division", 'const a = b / 2; const c = "X" / 2;'],
  ["a string between divisions", 'const a = b++ / "X" / c;'],
  ["a string after a word and a division", 'const a = this / "X / ";'],
  ["JSX text", "const a = <p>X it's {b} X</p>;"],
  ["an attribute of JSX", "const a = <p title=\"X\" id='X'>{b}</p>;"],
  ["JSX in the code of JSX", "const a = <p>{b && <q>X</q>}</p>;"],
  ["a type of a text", 'type A = "X" | `X`;'],
  ["a comparison that looks like JSX", 'const a = b < c; const d = "X" > e;', "ts"],
  ["a string after a type assertion", 'const a = <string>"X";', "ts"],
  ["a string after type arguments", 'const a = f<A<B>>("X");'],
  ["a declared module", 'declare module "X";'],
  ["a decorator's argument", 'class A { @b("X") c() {} }', "ts"],
  ["CommonJS", 'const a = require("./X"); module.exports = "X";', "js"],
  ["CommonJS in strict mode", '"use strict";\nexports.a = "X";', "js"],
];

const PLACES = TEXTS.map(([title, code, loader = "tsx"]) => [title, code, loader] as const);

describe("import.meta.main stays in", () => {
  test.each(PLACES)("%s", (_, code, loader) => {
    const text = code.replaceAll("X", "import.meta.main");
    expect(transformed(text, loader)).toBe(text);
  });

  test.each([
    [
      "a property of another object",
      "a.import.meta.main; a?.import.meta.main; a\n  .import.meta.main;",
    ],
    ["a property after a comment", "a./* b */import.meta.main; a. // b.\nimport.meta.main;"],
    ["a private property", "class A { #import = b; c() { return this.#import.meta.main; } }"],
    ["keys", "const a = { import: { meta: { main: 1 } } };"],
    [
      "a longer name",
      "import.meta.mainly; import.meta.main$; import.meta.mainé; $import.meta.main;",
    ],
  ])("%s", (_, text) => {
    expect(transformed(text)).toBe(text);
  });

  test.each(PLACES)("%s, beside code that says the same", (_, code, loader) => {
    const text = code.replaceAll("X", "import.meta.main");
    expect(transformed(`${text}\nif (import.meta.main) f();`, loader)).toBe(
      `${text}\nif (${GUARDED}) f();`,
    );
  });
});

describe("import.meta.main is false in workers in", () => {
  test.each([
    ["a condition", "if (CODE) f();"],
    ["the code of a template", "const a = `import.meta.main ${CODE} import.meta.main`;"],
    ["the code of an inner template", "const a = `${`import.meta.main ${!CODE}`}`;"],
    ["JSX", "const a = <p>import.meta.main {CODE && <q>import.meta.main</q>}</p>;"],
    ["a division", 'const a = "import.meta.main" / CODE / 2;'],
    ["an argument after a regular expression", "f(/[/\"'`]/, CODE);"],
    ["a spread", "f(...CODE ? [1] : []);"],
    ["a statement after a comment", "f(); /* a. */ if (CODE) g();"],
    ["a function", "export const a = () => CODE;"],
    ["a class", "class A { static b = CODE; }"],
    ["a type assertion", "const a = CODE as boolean;"],
    ["a computed key", "const a = { [CODE]: 1 };"],
    ["CommonJS", "const a = require('a'); module.exports = CODE;"],
  ])("%s", (_, code) => {
    const text = code.replace("CODE", "import.meta.main");
    expect(transformed(text)).toBe(code.replace("CODE", GUARDED));
  });

  test("spaces and comments between its words", () => {
    expect(transformed("f(import . /* . */ meta // main\n.main);")).toBe(
      `f(${GUARDED.replace("import.meta.main", "import . /* . */ meta // main\n.main")});`,
    );
  });

  test.each([
    ["const a = 1\n", " && f()"],
    ["const a = b // c.\n", " && f()"],
    ["f()\r\n/* a */ ", " ? f() : g()"],
    ["const a = () => {}\n\n  ", " || f()"],
  ])("a statement that no semicolon is before: %j", (before, after) => {
    const text = transformed(`${before}import.meta.main${after}`);
    expect(text).toBe(`${before}${GUARDED_FIRST}${after}`);
    expect(parseSync("a.js", text).program.body.length).toBe(2);
  });
});

/** What the plugin writes of a file. */
const queryOf = (name: string): string => `?ringpool-module=${encodeURIComponent(name)}`;
const URL_OF_TASKS = 'new URL("./tasks.ts", import.meta.url)';

describe("fromModule", () => {
  test.each(PLACES)("URLs and paths of modules stay in %s", (_, code, loader) => {
    const tried = ["'", '"', "`"]
      .flatMap((quote) => [
        `new URL(${quote}./tasks.ts${quote}, import.meta.url)`,
        `new URL(${quote}tasks.ts${quote}, import.meta.url)`,
        `fromModule(import.meta.resolve(${quote}./tasks.ts${quote}))`,
      ])
      .map((it) => `${code.replaceAll("X", () => it)}\nfromModule(a);`)
      // The others end the text that they stand in.
      .filter((text) => isWhole(text, loader));
    expect(tried).not.toEqual([]);
    expect(tried.map((text) => transformed(text, loader))).toEqual(tried);
  });

  test.each([
    [URL_OF_TASKS, "tasks.ts"],
    ["new URL('./tasks.ts', import.meta.url)", "tasks.ts"],
    ["new URL(`./tasks.ts`, import.meta.url)", "tasks.ts"],
    ['new URL("tasks.ts", import.meta.url)', "tasks.ts"],
    ['new URL("./my%20tasks.ts", import.meta.url)', "my tasks.ts"],
    ['new URL("./my tasks.ts", import.meta.url)', "my tasks.ts"],
    ['new /* a */ URL(\n  "./tasks.ts", // the tasks\n  import.meta.url,\n)', "tasks.ts"],
  ])("finds a module in %s", (url, file) => {
    const text = `const a = fromModule(${url});`;
    const result = transformed(text);
    expect(result).toContain(`import(${JSON.stringify(join(folder, file))})`);
    expect(result).toEndWith(text.replace(/\.ts(?=["'`])/, (it) => it + queryOf(file)));
    expect(result.split("\n").length).toBe(text.split("\n").length);
  });

  test.each([
    'fromModule(import.meta.resolve("./tasks.ts"))',
    "fromModule<typeof import('./tasks.ts')>(import.meta.resolve('./tasks.ts'))",
    'ringpool.fromModule(/* a */ import.meta.resolve("./tasks.ts"), "a")',
    'fromModule(\n  import.meta.resolve(\n"./tasks.ts"\n),\n)',
  ])("finds a module in %s", (text) => {
    const result = transformed(text);
    expect(result).toContain(`import(${JSON.stringify(join(folder, "tasks.ts"))})`);
    expect(result).toContain(JSON.stringify(`file:///${queryOf("tasks.ts")}`));
    expect(result).not.toContain("import.meta.resolve");
    expect(result.split("\n").length).toBe(text.split("\n").length);
  });

  test.each([
    ["a URL of a file that is not there", 'fromModule(new URL("./missing.ts", import.meta.url))'],
    ["a module that is not there", 'fromModule(import.meta.resolve("./missing.ts"))'],
    ["a package that is not there", 'fromModule(import.meta.resolve("no-such-package"))'],
    ["an absolute URL", 'fromModule(new URL("file:///tasks.ts", import.meta.url))'],
    ["an absolute path", 'fromModule(new URL("/tasks.ts", import.meta.url))'],
    ["a text with an escape", 'fromModule(new URL("./t\\u0061sks.ts", import.meta.url))'],
    ["a text with code", "fromModule(new URL(`./${a}.ts`, import.meta.url))"],
    ["a URL that cannot be decoded", 'fromModule(new URL("./%zz%2F.ts", import.meta.url))'],
    [
      "a worker's URL",
      `fromModule(a); new Worker(${URL_OF_TASKS}); new b.Worker(/* a */ ${URL_OF_TASKS});`,
    ],
    ["the base of another object", 'fromModule(new URL("./tasks.ts", a.import.meta.url))'],
    [
      "a path that is resolved for something else",
      'fromModule(a); f(import.meta.resolve("./tasks.ts"))',
    ],
    ["a path behind a comment", '// fromModule(\nf(import.meta.resolve("./tasks.ts"))'],
    ["a module that names it in a comment alone", `// fromModule\nf(${URL_OF_TASKS});`],
    ["a module that names it in a text alone", `f(${URL_OF_TASKS}, "fromModule");`],
  ])("leaves as it is: %s", (_, text) => {
    expect(transformed(text)).toBe(text);
  });

  test("does not take a comment for the call that makes a worker", () => {
    const text = `fromModule(a); // new Worker(\n${URL_OF_TASKS};`;
    expect(transformed(text)).toContain(queryOf("tasks.ts"));
  });
});

describe("the statement that registers a module", () => {
  test.each([
    ["#!/usr/bin/env bun\n", "export const a = 1;"],
    ["#! a\r\n// b\r\n", "export const a = 1;"],
    ["// a\r", "export const a = 1;\r// b"],
    ["// a\u2028", "export const a = 1;"],
    ["/* a **/ /* b\n*/\n", "export const a = 1; /* c */"],
    ["'use client';\n", "export const a = 1;"],
    ['"use client" // a\n', "export const a = 1;"],
    ['"use strict"; /* a */ "use client"\n\n', "export const a = 1;"],
    ["", '"a"\n+ b; export const c = 1;'],
    ["", '"a" in b; export const c = 1;'],
    ["", '"a"\n.b; export const c = 1;'],
    ["", "`a`; export const c = 1;"],
  ])("stands after %j and before %j", (head, rest) => {
    const result = transformed(head + rest, "ts", true);
    expect(result).toStartWith(`${head};import*as ringpool$exports from`);
    expect(result).toEndWith(rest);
    expect(parseSync("a.ts", result).errors).toEqual([]);
  });

  test("has what the module imports, by syntax", () => {
    const text = `import first, { second as other, type Third, "a-b" as fourth } from "a"; import * as all from "b";
    import { macro } from "m" with { type: "macro" }; import unused from "c"; import later from "l"; import { value } from 'it"s';
    const code = \`
import { text } from "d";
import * as all from "e";
\${all.inTemplate}\`, names = "all.inText";
    function f(all: any, first: any) { return all.inner + first; }
    export { all, other }; export type { Third };
    if (process.env.NODE_ENV === "production") later();
    console.log(first, fourth, all.read, all?.asked, macro(), value, code, names, f, <p>all.inJsx {all.inCode}</p>);`;
    const result = transformed(text, "tsx", true);
    const getters = Array.from(result.matchAll(/get ([\w$]+)\(\)/g), ([, name]) => name);
    expect(new Set(getters)).toEqual(
      new Set([
        "first",
        "other",
        "fourth",
        "later",
        "value",
        "all$read",
        "all$asked",
        "all$inTemplate",
        "all$inCode",
      ]),
    );
  });
});

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Whether a node is a call of `import.meta.resolve`: the plugin puts a text in the place of one in `fromModule`. */
function isResolved({ type, callee }: Node): boolean {
  if (type !== "CallExpression") return false;
  const { object, property } = callee as { object?: Node; property?: { name?: string } };
  return object?.type === "MetaProperty" && property?.name === "resolve";
}

/** The texts of a module in their order, as another parser tells them. */
function textsOf(file: string, text: string): string[] {
  const { program, comments, errors } = parseSync(file, text);
  expect(errors).toEqual([]);
  const texts: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null || isResolved(node as Node)) return;
    const { type, raw, value } = node as Node;
    if (type === "Literal" || type === "JSXText") texts.push(raw as string);
    else if (type === "TemplateElement") texts.push((value as { raw: string }).raw);
    else for (const child of Object.values(node)) visit(child);
  };
  visit(program);
  return [...texts, ...comments.map(({ value }) => value)];
}

const FILES = [
  ...new Glob("{src,native-queue,test,examples,scripts}/**/*.{ts,tsx}").scanSync(ROOT),
];

test("texts and comments of the repository's own modules stay as they are", () => {
  const changed: string[] = [];
  for (const file of FILES) {
    const text = readFileSync(join(ROOT, file), "utf8");
    const source = new SourceText(text, file.endsWith("x") ? "tsx" : "ts");
    if (source.scan() === undefined) continue;
    const result = transform({ path: join(ROOT, file), source, isEsModule: false }, ROOT, false);
    if (result === text) continue;
    changed.push(file);
    expect({ file, lost: lostTexts(textsOf(file, text), textsOf(file, result)) }).toEqual({
      file,
      lost: [],
    });
  }
  expect(changed.length).toBeGreaterThan(5);
});

/** The texts that are not among the others in the same order, but for the names of modules in URLs. */
function lostTexts(texts: readonly string[], others: readonly string[]): string[] {
  let at = 0;
  return texts.filter((text) => {
    const plain = others
      .slice(at)
      .map((other) => other.replace(/(?<=\.ts)\?ringpool-module=[^"']*/, ""));
    const found = plain.indexOf(text);
    if (found < 0) return true;
    at += found + 1;
    return false;
  });
}
