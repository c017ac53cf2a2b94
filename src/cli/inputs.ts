import { existsSync, statSync } from "node:fs";
import { Bun, process } from "../runtime/index.ts";
import { splitLines } from "./lines.ts";
import type { RunSettings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** The inputs of a run, in batches. */
export interface Inputs {
  /** How many there are; undefined when that is not known before the end. */
  readonly total: number | undefined;
  /** What one of them is called in messages. */
  readonly noun: "file" | "value" | "line";
  readonly batches: AsyncIterator<readonly string[]>;
}

/** Opens the inputs. Globs are expanded here; lines are read as they are needed. */
export async function openInputs({ input, form, lineEnd }: RunSettings): Promise<Inputs> {
  switch (input.kind) {
    case "values":
      return { total: input.values.length, noun: "value", batches: once(input.values) };
    case "files": {
      const files = await expand(input.patterns);
      return { total: files.length, noun: "file", batches: once(files) };
    }
    case "lines": {
      if (!existsSync(input.file)) {
        throw new UsageError(`There is no such file of lines: --arg-file=${input.file}`);
      }
      return lineInputs(Bun.file(input.file).stream(), form, lineEnd);
    }
    case "stdin":
      if (process.stdin.isTTY) {
        throw new UsageError(
          "There is no input; write files after the module, values after :::, or pipe lines in: ls | ringpool run ./module.ts",
        );
      }
      return lineInputs(Bun.stdin.stream(), form, lineEnd);
  }
}

function lineInputs(
  bytes: AsyncIterable<Uint8Array>,
  form: RunSettings["form"],
  lineEnd: RunSettings["lineEnd"],
): Inputs {
  const lines = splitLines(bytes, lineEnd);
  return {
    total: undefined,
    noun: "line",
    batches: form === "text" ? lines : withoutBlanks(lines),
  };
}

/** Lines of JSON may have blank lines between them. */
async function* withoutBlanks(batches: AsyncIterable<string[]>): AsyncGenerator<string[]> {
  for await (const lines of batches) yield lines.filter((line) => line.trim() !== "");
}

async function* once(inputs: readonly string[]): AsyncGenerator<readonly string[]> {
  yield inputs;
}

/** What makes a word a glob, unless a file has that very name or it is an address on the web. */
const GLOB = /[*?[{]/;

async function expand(patterns: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const pattern of patterns) {
    if (!GLOB.test(pattern) || pattern.includes("://") || existsSync(pattern)) files.push(pattern);
    else for (const file of await matchesOf(pattern)) files.push(file);
  }
  return files;
}

/** The files that a glob matches, sorted as a shell in the C locale sorts them. Links to files are files. */
async function matchesOf(pattern: string): Promise<string[]> {
  const glob = new Bun.Glob(pattern);
  const found: string[] = [];
  for await (const path of glob.scan({ cwd: process.cwd(), onlyFiles: false })) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) found.push(path);
  }
  if (found.length === 0) {
    throw new UsageError(
      `No file matches the pattern; to pass it as it is, write it after ::: instead. pattern=${pattern}`,
    );
  }
  return found.sort();
}
