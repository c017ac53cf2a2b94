/*
 * The part of the command that runs in the workers. It loads the user's module, calls its function, and makes text of the
 * result, so that this takes time in the worker and not in the parent.
 */
import { Console } from "node:console";
import {
  Bun,
  Error,
  functionText,
  isThenable,
  process,
  SyntaxError,
  TypeError,
} from "../runtime/index.ts";
import { jsonText } from "./json-text.ts";
import type { InputForm } from "./settings.ts";

/** What every worker has to know before its first call. */
export interface Setup {
  readonly url: string;
  readonly path: string;
  readonly exportName: string | undefined;
  readonly form: InputForm;
  readonly lastArgument: Readonly<Record<string, unknown>> | undefined;
}

type AnyFunction = (...args: readonly unknown[]) => unknown;

interface Prepared {
  readonly name: string;
  readonly call: AnyFunction;
  readonly form: InputForm;
  readonly more: readonly unknown[];
}

let prepared: Prepared | undefined;

/** Loads the module and finds the function: the initializer of the pool. */
export async function prepare({ url, path, exportName, form, lastArgument }: Setup): Promise<void> {
  printOnStandardError();
  const exports = await load(url, path);
  const name = chooseName(exports, exportName, path);
  const more = lastArgument === undefined ? [] : [lastArgument];
  prepared = { name, call: exports[name] as AnyFunction, form, more };
}

/** The name of the export that is called. */
export function chosenName(): string {
  return ready().name;
}

/** Calls the function for one input, and returns the result as JSON. */
export function runInput(text: string): string | Promise<string> {
  const { call, form, more } = ready();
  const result = call(...argumentsOf(text, form), ...more);
  return isThenable(result) ? textOfPromise(result) : textOfResult(result);
}

/** The call of one input, as a line of source. Calls nothing. */
export function describeCall(text: string): string {
  const { name, form, more } = ready();
  const args = [...argumentsOf(text, form), ...more].map((arg) => JSON.stringify(arg));
  return `${name}(${args.join(", ")})`;
}

function ready(): Prepared {
  if (prepared === undefined) throw new Error("The worker is not prepared.");
  return prepared;
}

/** Standard output holds the results alone. What the module prints there goes to standard error. */
function printOnStandardError(): void {
  const { stdout, stderr } = process;
  stdout.write = stderr.write.bind(stderr);
  Reflect.set(globalThis, "console", new Console({ stdout: stderr, stderr }));
}

type Exports = Readonly<Record<string, unknown>>;

async function load(url: string, path: string): Promise<Exports> {
  try {
    return (await import(url)) as Exports;
  } catch (error) {
    throw new Error(
      `The module failed while it was loaded: module=${path}\n${Bun.inspect(error, { colors: false }).trim()}`,
    );
  }
}

/** The names of the functions that a module exports, each function once. A class is none that could be called. */
function functionNames(exports: Exports): string[] {
  const names = Object.keys(exports).sort();
  const functions = names.filter((name) => isFunction(exports[name]));
  const first = (name: string): boolean =>
    functions.find((other) => exports[other] === exports[name]) === name;
  return functions.filter(first);
}

function isFunction(value: unknown): value is AnyFunction {
  return typeof value === "function" && !/^class\b/.test(functionText(value));
}

/** The name of the export to call. Throws an error that names those that there are. */
function chooseName(exports: Exports, asked: string | undefined, path: string): string {
  const names = functionNames(exports);
  const list = names.join(", ") || "none";
  if (asked !== undefined) {
    if (isFunction(exports[asked])) return asked;
    const problem = Object.hasOwn(exports, asked) ? "is no function" : "does not exist";
    throw new Error(
      `The export ${problem}; name one of the functions that the module exports: export=${asked} functions=${list} module=${path}`,
    );
  }
  const [only] = names;
  if (only === undefined) {
    throw new Error(
      `The module exports no function; write export before the one to call: exports=${Object.keys(exports).join(", ") || "none"} module=${path}`,
    );
  }
  if (names.length === 1) return only;
  if (isFunction(exports["default"])) return "default";
  throw new Error(
    `The module exports several functions; write which one to call after the module, such as ${path}#${only}: functions=${list}`,
  );
}

/** The arguments that an input stands for. */
function argumentsOf(text: string, form: InputForm): readonly unknown[] {
  if (form === "text") return [text];
  const value = parse(text);
  if (form === "json") return [value];
  if (Array.isArray(value)) return value as readonly unknown[];
  throw new TypeError("With --spread each line is a JSON array of arguments, and this one is none");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new SyntaxError(`The line is no JSON: ${(error as Error).message}`);
  }
}

async function textOfPromise(result: PromiseLike<unknown>): Promise<string> {
  return textOfResult(await result);
}

function textOfResult(result: unknown): string | Promise<string> {
  if (isGenerator(result)) return textOfGenerator(result);
  try {
    return jsonText(result);
  } catch (error) {
    throw new TypeError(
      `The result cannot be written as JSON; return what can: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function isGenerator(value: unknown): value is AsyncIterable<unknown> {
  const tag = Object.prototype.toString.call(value);
  return tag === "[object Generator]" || tag === "[object AsyncGenerator]";
}

/** The result of a generator is an array of what it yields. */
async function textOfGenerator(values: AsyncIterable<unknown>): Promise<string> {
  return textOfResult(await Array.fromAsync(values));
}
