import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

/** The options of `ringpool run`, as `node:util` wants to know them. */
const KNOWN = {
  arg: { type: "string" },
  "arg-file": { type: "string", short: "a" },
  "arg-json": { type: "string" },
  bail: { type: "boolean" },
  "dry-run": { type: "boolean" },
  halt: { type: "string" },
  help: { type: "boolean", short: "h" },
  jobs: { type: "string", short: "j" },
  json: { type: "boolean" },
  "keep-going": { type: "boolean" },
  "keep-order": { type: "boolean", short: "k" },
  "no-progress": { type: "boolean" },
  null: { type: "boolean", short: "0" },
  resume: { type: "string" },
  retries: { type: "string" },
  spread: { type: "boolean" },
  tag: { type: "boolean" },
  timeout: { type: "string" },
  unordered: { type: "boolean" },
  verbose: { type: "boolean" },
  version: { type: "boolean", short: "V" },
} as const;

/** The name of an option, without its dashes. */
export type OptionName = keyof typeof KNOWN;

/** A value that an option with a value can have, for the message that says that it is missing. */
const EXAMPLES: Partial<Record<OptionName, string>> = {
  arg: "width=200",
  "arg-file": "list.txt",
  "arg-json": "width=200",
  halt: "now,fail=1",
  jobs: "4",
  resume: "run.journal",
  retries: "2",
  timeout: "5s",
};

/** What users of GNU parallel and xargs may try, and what to write here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "--bar": "the progress bar is there without an option",
  "--progress": "the progress bar is there without an option",
  "--colsep": "write lines of JSON and use --json --spread",
  "--joblog": "write --resume FILE",
  "--max-procs": "write --jobs N",
  "-P": "write --jobs N",
  "-n": "each call gets one input; write lines of JSON and use --json --spread",
  "-N": "each call gets one input; write lines of JSON and use --json --spread",
  "--results": "write > FILE",
  "--line-buffer": "write --unordered",
  "--ungroup": "write --unordered",
  "-u": "write --unordered",
  "--halt-on-error": "write --halt",
};

/** One option as it was given, in the order of the command line. */
export interface GivenOption {
  readonly name: OptionName;
  /** Undefined for an option that takes none. */
  readonly value: string | undefined;
}

/** The words of a command line, sorted. */
export interface Words {
  readonly options: readonly GivenOption[];
  readonly positionals: readonly string[];
}

/** Sorts words into options and others. Throws a UsageError for an option that there is not, or with a wrong value. */
export function sortWords(args: readonly string[]): Words {
  const { tokens } = parseArgs({
    args: [...args],
    options: KNOWN,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const options: GivenOption[] = [];
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind === "option") {
      const { name, rawName, value, inlineValue = false } = token;
      options.push(checkOption(name, rawName, value, inlineValue));
    }
  }
  return { options, positionals };
}

function checkOption(
  name: string,
  rawName: string,
  value: string | undefined,
  isInline: boolean,
): GivenOption {
  if (!isKnown(name)) throw unknownOption(rawName);
  if (KNOWN[name].type === "boolean") {
    if (value === undefined) return { name, value };
    throw new UsageError(`--${name} takes no value: --${name}=${value}`);
  }
  // A word like an option is more likely one than a value. `--resume=--x` is still possible.
  if (value === undefined || value === "" || (!isInline && value.startsWith("--"))) {
    throw new UsageError(`--${name} needs a value, such as --${name} ${EXAMPLES[name]}`);
  }
  return { name, value };
}

function isKnown(name: string): name is OptionName {
  return Object.hasOwn(KNOWN, name);
}

function unknownOption(rawName: string): UsageError {
  const remedy = Object.hasOwn(ELSEWHERE, rawName) ? ELSEWHERE[rawName] : nearest(rawName);
  return new UsageError(
    `There is no such option; ${remedy ?? "ringpool run --help lists all of them"}: option=${rawName}`,
  );
}

function nearest(rawName: string): string | undefined {
  const given = rawName.replace(/^-+/, "");
  if (given.length < 3) return undefined;
  const [found] = Object.keys(KNOWN)
    .map((name) => ({ name, distance: editDistance(given, name) }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance);
  return found && `the nearest one is --${found.name}`;
}

/** The number of letters to add, leave out or change between two words. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const changed = (row[j] as number) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
