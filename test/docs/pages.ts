/** The Markdown pages of the repository, and their code blocks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";

export const ROOT: string = join(import.meta.dir, "../..");

/** All pages, as paths from the root of the repository. */
export const PAGES: readonly string[] = [...new Glob("**/*.md").scanSync({ cwd: ROOT })]
  .filter((page) => !/(?:^|\/)(?:node_modules|dist)\//.test(page))
  .sort();

/** The pages whose blocks are tried. Records of decisions and of changes show code that was, or that never came to be. */
export const MANUAL: readonly string[] = PAGES.filter(
  (page) => !/^docs\/decisions\/|^CHANGELOG\.md$/.test(page),
);

/** What is done with a block: `run` it, only `check` its types, or run it and see that it `fails` as it says. */
export type Trial = "run" | "check" | "fails";

/** A fenced block of code. The rules are in CONTRIBUTING.md. */
export interface Block {
  readonly page: string;
  /** The line of the page on which its code begins, from 1. */
  readonly line: number;
  readonly language: string;
  readonly trial: Trial;
  /** Why its types are only checked. */
  readonly reason: string;
  /** The file that the block stands for, if it names one in its first line. */
  readonly name: string | undefined;
  /** What stands before the code, from a comment of the page that its readers do not see; empty for most. */
  readonly setup: string;
  readonly code: string;
  /** The files that the blocks above it name, in their latest version. */
  readonly files: ReadonlyMap<string, string>;
}

/** A fenced block with its fence's indentation, or a comment with the setup of the fragments below it. */
const PARTS =
  /^(?<indent> *)```(?<info>[^\n]*)\n(?<code>[^]*?)^\k<indent>```$|^<!-- setup\n(?<setup>[^]*?)^-->$/gm;
const NAME = /^(?:\/\/|#) ([\w./-]+\.(?:[cm]?[jt]sx?|py))\b/;
const IS_MODULE = /^(?:import|export) /m;

/** Reads the blocks of a page's text. */
export function blocksOf(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  const files = new Map<string, string>();
  let setup = "";
  for (const { groups = {}, index } of text.matchAll(PARTS)) {
    const { indent = "", info = "", code } = groups;
    if (code === undefined) {
      setup = groups["setup"] ?? "";
      continue;
    }
    const own = code.replaceAll(new RegExp(`^${indent}`, "gm"), "");
    const [language = "", trial = "run", reason = ""] = /^(\S*)(?: (check|fails)(?:: (.*))?)?$/
      .exec(info)
      ?.slice(1) ?? [info];
    const name = NAME.exec(own)?.[1];
    blocks.push({
      page,
      line: text.slice(0, index).split("\n").length + 1,
      language,
      trial: trial as Trial,
      reason,
      name,
      setup: name !== undefined || IS_MODULE.test(own) ? "" : setup,
      code: own,
      files: new Map(files),
    });
    if (name !== undefined) files.set(name, own);
  }
  return blocks;
}

/** The blocks of all pages of the manual, in these languages. */
export function manualBlocks(...languages: readonly string[]): Block[] {
  return MANUAL.flatMap((page) => blocksOf(page, readFileSync(join(ROOT, page), "utf8"))).filter(
    ({ language }) => languages.includes(language),
  );
}

/** The lines that a block says it prints: the comments behind its `console.log` and `print`, but those that begin "such as". */
export function printedBy({ code }: Block): string[] {
  return [...code.matchAll(/(?:console\.log|print)\(.*\);? +(?:\/\/|#) (?!such as )(.+)$/gm)].map(
    ([, comment]) => comment as string,
  );
}

/** What a block that fails says in its last lines, which are a comment: a part of what is printed. */
export function failureOf({ code }: Block): string {
  return (/(?:^\/\/ .*\n)+$/m.exec(code)?.[0] ?? "")
    .replaceAll(/^\/\/ /gm, "")
    .trim()
    .replaceAll("\n", " ");
}
