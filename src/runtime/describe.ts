/*
 * How messages name a value.
 *
 * A value in a message is often a wrong one, and may be hostile. So nothing here runs code of the value: no getter,
 * no `toString`, no trap of a Proxy. Properties are read from their descriptors instead.
 */
import { utilTypes } from "./lazy-builtins.ts";
import { BuildMessage, DOMException, Error, ResolveMessage, functionText } from "./globals.ts";

/** Longest text of a value, in characters. */
const VALUE_MAX = 80;
/** Longest text of a thrown value, in characters: its message is often the only explanation there is. */
const THROWN_MAX = 200;

/**
 * Names a value, for the end of a message (`name=value`) and for the middle of one.
 *
 * Primitives read as in source, functions and classes by their name, other objects by their class.
 *
 * @returns `"text"`, `-0`, `5n`, `Symbol(id)`, `add`, `(anonymous)`, `an instance of Point`, `a Proxy`; of a long text
 *   the first 80 characters
 */
export function describeValue(value: unknown): string {
  return describe(value, VALUE_MAX);
}

/**
 * Names anything that was thrown, for the middle of a sentence: an error by its name and message.
 *
 * @returns `RangeError: too far`, `the function add`, `the class Point`, and what `describeValue` returns for the rest;
 *   of a long text the first 200 characters; never throws
 */
export function describeThrown(thrown: unknown): string {
  try {
    if (typeof thrown === "function") return describeThrownFunction(thrown);
    return isErrorLike(thrown) ? describeError(thrown) : describe(thrown, THROWN_MAX);
  } catch {
    // Possible where the stack is nearly used up, or an object only has the prototype of a native error.
    return "a value that cannot be described";
  }
}

function describe(value: unknown, max: number): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(shorten(value, max));
    case "bigint":
      return shorten(`${value}n`, max);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "function":
      if (utilTypes().isProxy(value)) return "a Proxy";
      return nameOf(value, max) ?? "(anonymous)";
    case "object":
      return value === null ? "null" : describeObject(value, max);
    default:
      return shorten(String(value), max);
  }
}

function describeObject(object: object, max: number): string {
  if (utilTypes().isProxy(object)) return "a Proxy";
  const [, ...prototypes] = chainOf(object);
  const constructor: unknown = findProperty(prototypes, "constructor")?.property.value;
  if (typeof constructor !== "function") return "an object without a class";
  return `an instance of ${nameOf(constructor, max) ?? "a class without a name"}`;
}

function describeThrownFunction(thrown: object): string {
  if (utilTypes().isProxy(thrown)) return "a Proxy";
  const isClass = /^class\b/.test(functionText(thrown));
  const name = nameOf(thrown, THROWN_MAX);
  if (name === undefined) return isClass ? "a class" : "a function";
  return isClass ? `the class ${name}` : `the function ${name}`;
}

/** As `Error.prototype.toString`, of the properties that can be read without running code of the error. */
function describeError(error: object): string {
  const chain = chainOf(error);
  const name = textOf(error, chain, "name");
  const message = textOf(error, chain, "message");
  if (name === "" && message === "") return describe(error, THROWN_MAX);
  return shorten(
    name === "" || message === "" ? name + message : `${name}: ${message}`,
    THROWN_MAX,
  );
}

/** Whether a value is an error, or an instance of a native class that only looks like one to JavaScriptCore. */
function isErrorLike(value: unknown): value is object {
  if (Error.isError(value)) return true;
  return typeof value === "object" && value !== null && chainOf(value).some(hasNativeGetters);
}

/** Whether a prototype is one whose `name` and `message` are native getters, which run no user code. */
function hasNativeGetters(prototype: object): boolean {
  return (
    prototype === DOMException.prototype ||
    prototype === ResolveMessage.prototype ||
    prototype === BuildMessage.prototype
  );
}

function textOf(error: object, chain: readonly object[], key: string): string {
  const found = findProperty(chain, key);
  if (found === undefined) return "";
  const { holder, property } = found;
  const value: unknown = hasNativeGetters(holder)
    ? Reflect.get(holder, key, error)
    : property.value;
  return typeof value === "string" ? value : "";
}

function nameOf(callable: object, max: number): string | undefined {
  const name: unknown = Object.getOwnPropertyDescriptor(callable, "name")?.value;
  return typeof name === "string" && name !== "" ? shorten(name, max) : undefined;
}

/** The property that reading `key` would find: the first one in the chain. */
function findProperty(
  chain: readonly object[],
  key: string,
): { readonly holder: object; readonly property: PropertyDescriptor } | undefined {
  for (const holder of chain) {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property !== undefined) return { holder, property };
  }
  return undefined;
}

/** An object and its prototypes, up to a Proxy: asking that for anything runs its traps. */
function chainOf(object: object): object[] {
  const chain: object[] = [];
  let next: object | null = object;
  while (next !== null && !utilTypes().isProxy(next)) {
    chain.push(next);
    next = Object.getPrototypeOf(next) as object | null;
  }
  return chain;
}

function shorten(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`;
}
