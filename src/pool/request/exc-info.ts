import { describeThrown, Error } from "../../runtime/index.ts";
import type { ExcInfo } from "./work-request.ts";

/** The report of a failure. The thrown value may be anything, also an error whose properties throw when they are read. */
export function excInfoOf(error: unknown): ExcInfo {
  if (!isError(error)) {
    return [error === null ? "null" : typeof error, error, textOf(error)];
  }
  const name = readOr(error, "name");
  const stack = readOr(error, "stack");
  const constructor = readOr(error, "constructor");
  // A subclass that sets no name inherits "Error", so its class name says more.
  const className = typeof constructor === "function" ? readOr(constructor, "name") : "Error";
  const typeName = typeof name === "string" && name !== "Error" ? name : className;
  const traceback = typeof stack === "string" ? stack : textOf(error);
  return [typeof typeName === "string" ? typeName : "Error", error, traceback];
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    // A Proxy, whose trap throws.
    return false;
  }
}

/** A property; undefined when reading it throws. */
function readOr(object: object, key: string): unknown {
  try {
    return Reflect.get(object, key);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return describeThrown(value);
  }
}
