/** Whatever a callable throws arrives as itself, or as a PayloadError that tells what it was. */
import { afterAll, describe, expect, test } from "bun:test";
import { PayloadError, ThreadPool, WorkRequest } from "../../src/index.ts";
import type { ExcInfo } from "../../src/index.ts";
import { difference } from "../codec/deep-equal.ts";
import { Rejected, Stopped, rejectWith, returnIt, throwIt, thrown } from "./fixtures/throwing.ts";
import { add } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";

const pool = new ThreadPool(1);
afterAll(() => pool.close());

function arrived(name: string): Promise<unknown> {
  return rejection(pool.run(throwIt, [name]));
}

/** An outcome by each of the three ways. */
async function excInfoOf(name: string): Promise<ExcInfo> {
  return new Promise((resolve) => {
    const excCallback = (_: unknown, excInfo: ExcInfo): void => resolve(excInfo);
    pool.putRequest(new WorkRequest(throwIt, [name], {}, { excCallback }));
  });
}

/** Two errors made in different places differ in their stacks, and are to be equal otherwise. */
function withoutStacks(value: unknown, seen: Set<unknown> = new Set()): unknown {
  if (typeof value !== "object" || value === null || seen.has(value)) return value;
  seen.add(value);
  if (Array.isArray(value)) for (const member of value) withoutStacks(member, seen);
  if (!(value instanceof Error)) return value;
  Object.defineProperty(value, "stack", { value: "", configurable: true, writable: true });
  const { cause, errors, error, suppressed } = value as Partial<AggregateError & SuppressedError>;
  for (const inner of [cause, errors, error, suppressed]) withoutStacks(inner, seen);
  return value;
}

/** These cannot be equal to what was thrown, or not in this realm: see below. */
const CHANGED = new Set([
  "unregistered",
  "frozen",
  "no stack",
  "parts that cannot cross",
  ...Object.keys(thrown).filter((name) => /realm|getter|stack|proxy|own __proto__/i.test(name)),
  "a name that is no text",
  "a message that is no text",
  "no constructor",
  "symbol",
  "function",
  "promise",
]);
const WHOLE = Object.keys(thrown).filter((name) => !CHANGED.has(name));

describe("arrives whole", () => {
  test.each(WHOLE)("%s", async (name) => {
    const expected = withoutStacks(thrown[name]?.());
    expect(difference(withoutStacks(await arrived(name)), expected)).toBe("");
    expect(difference(withoutStacks(await excInfoOf(name).then((info) => info[1])), expected)).toBe(
      "",
    );
    expect(difference(withoutStacks(runSyncError(name)), expected)).toBe("");
  });

  function runSyncError(name: string): unknown {
    try {
      return pool.runSync(rejectWith, [name]);
    } catch (error) {
      return error;
    }
  }
});

describe("whatever it is, its outcome is delivered, the excInfo is of text, and the pool goes on", () => {
  test.each(Object.keys(thrown))("%s", async (name) => {
    const [typeName, error, traceback] = await excInfoOf(name);
    expect([typeof typeName, typeof traceback]).toEqual(["string", "string"]);
    const rejected = pool.run(rejectWith, [name]).then(
      () => "resolved",
      () => "rejected",
    );
    expect(await rejected).toBe("rejected");
    expect(pool.runSync(add, [1, 2])).toBe(3);
    expect("polluted" in {}).toBe(false);
    if (Error.isError(error)) expect(Object.getPrototypeOf(error)).toBeInstanceOf(Object);
  });
});

describe("an error", () => {
  test("has the frames of the worker, then those of the place where it was put", async () => {
    const { stack = "" } = (await arrived("TypeError")) as Error;
    const [remote = "", local = ""] = stack.split(/\n\s+--- put here.*---\n/);
    expect(remote).toStartWith("TypeError: message\n    at ");
    expect(remote).toContain("throwing.ts");
    expect(remote).toContain("throwIt");
    expect(local).toContain("errors.test.ts");
    expect(local).not.toContain("throwing.ts");
  });

  test("of a registered class is an instance of it", async () => {
    const error = (await arrived("registered")) as Rejected;
    expect(error).toBeInstanceOf(Rejected);
    expect([error.name, error.message, error.reasons]).toEqual(["Rejected", "message", ["a", "b"]]);
  });

  test("of a registered subclass of DOMException keeps message and name", async () => {
    const error = (await arrived("registered DOMException")) as Stopped;
    expect(error).toBeInstanceOf(Stopped);
    expect([error.name, error.message, error.by]).toEqual(["StoppedError", "message", "a caller"]);
  });

  test("of a class that is not registered is one of the nearest class that is known", async () => {
    const error = (await arrived("unregistered")) as RangeError & { extra: number };
    expect(Object.getPrototypeOf(error)).toBe(RangeError.prototype);
    expect([error.message, error.extra]).toEqual(["message", 1]);
  });

  test("of another realm is one of this realm, with its class, causes and errors", async () => {
    const error = (await arrived("of another realm")) as TypeError;
    expect(Object.getPrototypeOf(error)).toBe(TypeError.prototype);
    expect(error.message).toBe("message");
    expect(Object.getPrototypeOf(error.cause)).toBe(RangeError.prototype);
    const far = (await arrived("of a class of another realm")) as Error & { code: number };
    expect(Object.getPrototypeOf(far)).toBe(RangeError.prototype);
    expect([far.name, far.message, far.code]).toEqual(["Far", "message", 7]);
    const several = (await arrived("AggregateError of another realm")) as AggregateError;
    expect(several).toBeInstanceOf(AggregateError);
    expect(several.errors).toEqual([new Error("one"), 2]);
  });

  test("whose causes go in a circle does so here", async () => {
    const error = (await arrived("a cycle of causes")) as Error & { cause: Error };
    expect(error.cause.cause).toBe(error);
    expect([error.message, error.cause.message]).toEqual(["outer", "inner"]);
  });

  test("shares in AggregateError what it shared", async () => {
    const error = (await arrived("AggregateError")) as AggregateError;
    expect(error.errors[0]).toBe(error.cause);
    expect((error.errors[3] as AggregateError).errors[0]).toBe(error.cause);
  });

  test("that was frozen, or whose stack could not be written, has both stacks", async () => {
    for (const name of ["frozen", "a stack that cannot be written"]) {
      expect(((await arrived(name)) as Error).stack).toMatch(/--- put here/);
    }
    const { stack } = (await arrived("a stack that cannot be written")) as Error;
    expect(stack).toStartWith("Error: message\n    at far (away:1:2)\n");
  });

  test("loses what getters refuse and what cannot cross, and keeps the rest", async () => {
    const getters = (await arrived("getters that throw")) as Error;
    expect(Object.getPrototypeOf(getters)).toBe(RangeError.prototype);
    expect(Object.keys(getters)).toEqual([]);
    const parts = (await arrived("parts that cannot cross")) as Error & { code: string };
    expect([parts.message, parts.code, "cause" in parts]).toEqual(["message", "E", false]);
    expect(Object.keys(parts)).toEqual(["code"]);
  });

  test("with an own __proto__ keeps its class, and the property", async () => {
    const error = (await arrived("own __proto__")) as Error;
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    expect(Object.getOwnPropertyDescriptor(error, "__proto__")?.value).toEqual({ polluted: true });
    expect("polluted" in error).toBe(false);
  });

  test("that is a result is a value: nothing is appended to its stack", async () => {
    const error = (await pool.run(returnIt, ["TypeError"])) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.stack).not.toContain("put here");
  });
});

describe("what cannot cross at all becomes a PayloadError that tells what was thrown", () => {
  test.each([
    ["symbol", /threw Symbol\(why\), /],
    ["function", /threw the function explode, /],
    ["promise", /threw an instance of Promise, .*await it/],
    ["proxy of an error", /threw .*a Proxy/],
    ["proxy whose traps throw", /threw .*a Proxy/],
    ["object with a getter that throws", /a getter has thrown/],
  ])("%s", async (name, message) => {
    const error = (await arrived(name)) as PayloadError;
    expect(error).toBeInstanceOf(PayloadError);
    expect(error.message).toMatch(message);
  });
});
