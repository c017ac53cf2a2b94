import { availableParallelism } from "node:os";
import { Map } from "../runtime/index.ts";
import { parseDurationMs } from "./durations.ts";
import { parseHaltRule } from "./halt-rule.ts";
import type { HaltRule } from "./halt-rule.ts";
import { sortWords } from "./options.ts";
import type { GivenOption, OptionName } from "./options.ts";
import { UsageError } from "./usage-error.ts";

/** Where the inputs come from. */
export type InputChoice =
  | { readonly kind: "stdin" }
  | { readonly kind: "lines"; readonly file: string }
  | { readonly kind: "files"; readonly patterns: readonly string[] }
  | { readonly kind: "values"; readonly values: readonly string[] };

/** How the text of an input becomes arguments: as it is, as a value of JSON, or as a JSON array of all arguments. */
export type InputForm = "text" | "json" | "spread";

/** What `ringpool run` was asked to do. */
export interface RunSettings {
  /** The module as it was written, with the name of the export if there was one. */
  readonly module: string;
  readonly input: InputChoice;
  readonly form: InputForm;
  readonly lineEnd: "\n" | "\0";
  /** The last argument; undefined for none. */
  readonly lastArgument: Readonly<Record<string, unknown>> | undefined;
  /** Threads; undefined for one a core. */
  readonly jobs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly retries: number;
  readonly halt: HaltRule | undefined;
  readonly isOrdered: boolean;
  readonly isTagged: boolean;
  readonly showsProgress: boolean;
  readonly isVerbose: boolean;
  readonly isDryRun: boolean;
  /** The file of the journal; undefined for none. */
  readonly journal: string | undefined;
}

/** What the words after `ringpool` ask for. */
export type Command =
  | { readonly kind: "help" | "version" }
  | { readonly kind: "run"; readonly settings: RunSettings };

const MAX_JOBS = 256;
const MAX_RETRIES = 1_000_000;

/** Reads the words after `ringpool`. Throws a UsageError that says what to write instead. */
export function parseCommand(args: readonly string[]): Command {
  const at = args.indexOf(":::");
  const values = at < 0 ? undefined : args.slice(at + 1);
  const { options, positionals } = sortWords(at < 0 ? args : args.slice(0, at));
  const [command, module, ...inputs] = positionals;
  if (options.some(({ name }) => name === "help") || command === "help") return { kind: "help" };
  if (options.some(({ name }) => name === "version")) return { kind: "version" };
  if (command !== "run") {
    const problem = command === undefined ? "Say what to do" : "There is no such command";
    const end = command === undefined ? "" : `: command=${command}`;
    throw new UsageError(
      `${problem}; write ringpool run ./module.ts FILES, or ringpool --help${end}`,
    );
  }
  if (module === undefined) {
    throw new UsageError("Name the module with the function: ringpool run ./module.ts FILES");
  }
  return { kind: "run", settings: settingsOf(module, inputs, values, options) };
}

function settingsOf(
  module: string,
  inputs: readonly string[],
  values: readonly string[] | undefined,
  options: readonly GivenOption[],
): RunSettings {
  const last = new Map(options.map(({ name, value }) => [name, value ?? ""]));
  const form = last.has("spread") ? "spread" : last.has("json") ? "json" : "text";
  const refuseBoth = (one: OptionName, other: OptionName): void => {
    if (last.has(one) && last.has(other))
      throw new UsageError(`--${one} and --${other} exclude each other: leave one of them out`);
  };
  refuseBoth("bail", "keep-going");
  refuseBoth("bail", "halt");
  refuseBoth("keep-going", "halt");
  refuseBoth("unordered", "keep-order");
  refuseBoth("dry-run", "resume");
  const timeout = last.get("timeout");
  return {
    module,
    input: inputChoice(inputs, values, last.get("arg-file"), form),
    form,
    lineEnd: last.has("null") ? "\0" : "\n",
    lastArgument: lastArgument(options),
    jobs: jobsOf(last.get("jobs")),
    timeoutMs: timeout === undefined ? undefined : parseDurationMs(timeout, "--timeout"),
    retries: retriesOf(last.get("retries")),
    halt: parseHaltRule(last.has("bail") ? "now,fail=1" : (last.get("halt") ?? "never")),
    isOrdered: !last.has("unordered"),
    isTagged: last.has("tag"),
    showsProgress: !last.has("no-progress"),
    isVerbose: last.has("verbose"),
    isDryRun: last.has("dry-run"),
    journal: last.get("resume"),
  };
}

function inputChoice(
  inputs: readonly string[],
  values: readonly string[] | undefined,
  argFile: string | undefined,
  form: InputForm,
): InputChoice {
  const given = [inputs.length > 0, values !== undefined, argFile !== undefined].filter(Boolean);
  if (given.length > 1) {
    throw new UsageError(
      "Give inputs in one way: as files, after :::, or by --arg-file; the others have to go",
    );
  }
  if (values?.includes(":::") === true) {
    throw new UsageError(
      "Several ::: would mean every combination in GNU parallel, which there is not here; write the combinations as lines of JSON and use --json --spread",
    );
  }
  if (values !== undefined) return { kind: "values", values };
  if (argFile !== undefined) {
    return argFile === "-" ? { kind: "stdin" } : { kind: "lines", file: argFile };
  }
  if (inputs.length === 0 || (inputs.length === 1 && inputs[0] === "-")) return { kind: "stdin" };
  if (inputs.includes("-")) {
    throw new UsageError(
      "- stands for standard input, and cannot stand beside other inputs: leave one of them out",
    );
  }
  if (form !== "text") {
    throw new UsageError(
      `--json reads values, and these are names of files; pipe the lines in, or write --arg-file FILE or ::: VALUES: input=${inputs[0]}`,
    );
  }
  return { kind: "files", patterns: inputs };
}

function jobsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, percent] = /^(\d{1,4})(%?)$/.exec(text) ?? [];
  const number = Number(digits);
  if (percent === "%" && number > 0) {
    return Math.min(MAX_JOBS, Math.max(1, Math.round((availableParallelism() * number) / 100)));
  }
  if (percent === "" && number >= 1 && number <= MAX_JOBS) return number;
  throw new UsageError(
    `--jobs is a whole number from 1 to ${MAX_JOBS}, or a share of the cores such as 50%: --jobs=${text}`,
  );
}

function retriesOf(text: string | undefined): number {
  if (text === undefined) return 0;
  if (/^\d{1,7}$/.test(text) && Number(text) <= MAX_RETRIES) return Number(text);
  throw new UsageError(
    `--retries is a whole number from 0 to ${MAX_RETRIES}: how often a call that failed runs again: --retries=${text}`,
  );
}

function lastArgument(options: readonly GivenOption[]): RunSettings["lastArgument"] {
  const entries: [key: string, value: unknown][] = [];
  for (const { name, value = "" } of options) {
    if (name !== "arg" && name !== "arg-json") continue;
    const at = value.indexOf("=");
    if (at < 1) {
      throw new UsageError(`--${name} is a key and a value, such as width=200: --${name}=${value}`);
    }
    const key = value.slice(0, at);
    if (entries.some(([known]) => known === key))
      throw new UsageError(`--${name} gives this key twice: key=${key}`);
    const text = value.slice(at + 1);
    entries.push([key, name === "arg" ? text : parseJson(key, text)]);
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function parseJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageError(
      `--arg-json takes a value of JSON, such as 200, true or "text" with its quotes; for a plain text write --arg ${key}=${text}: ${key}=${text}`,
    );
  }
}
