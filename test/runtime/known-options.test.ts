// oxlint-disable no-extend-native -- that is what is tested
import { describe, expect, test } from "bun:test";
import { checkKnownOptions, ownOptions } from "../../src/runtime/known-options.ts";

const KNOWN = { name: true, size: true } as const;

function messageOf(options: unknown, what = "a Pool"): string {
  try {
    checkKnownOptions(options, KNOWN, what);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
  return expect.unreachable();
}

describe("checkKnownOptions", () => {
  test("takes known options, with any value, and none", () => {
    for (const options of [{}, { name: 1 }, { size: undefined, name: null }])
      expect(() => checkKnownOptions(options, KNOWN, "a Pool")).not.toThrow();
  });

  test("refuses an unknown option, also an undefined one, and names the known ones", () => {
    const expected = "A Pool has no such option; it knows name, size: option=naem";
    expect(messageOf({ name: "n", naem: "n" })).toBe(expected);
    expect(messageOf({ naem: undefined })).toBe(expected);
    expect(messageOf({ naem: 1 }, "registerClass")).toStartWith("registerClass has no such option");
  });

  test("does not take names that every object has for options", () => {
    expect(messageOf({ toString: 1 })).toEndWith("option=toString");
    expect(messageOf(JSON.parse('{ "__proto__": 1 }'))).toEndWith("option=__proto__");
  });

  test.each([
    [null, "null"],
    [5, "5"],
    ["name", '"name"'],
    [undefined, "undefined"],
  ])("refuses %p, which is no object", (options, text) => {
    expect(messageOf(options)).toBe(
      `The options of a Pool are an object, which may have name, size: options=${text}`,
    );
  });
});

describe("ownOptions", () => {
  test("are the options themselves", () => {
    const options = { name: "n" };
    expect(ownOptions(options, KNOWN)).toBe(options);
  });

  test("lack what Object.prototype adds to every object, and keep what the options inherit from others", () => {
    const inherited = Object.create({ size: 5 }) as { name?: string; size?: number };
    for (const key of ["name", "size"])
      // oxlint-disable-next-line no-extend-native -- that is what is tested
      Object.defineProperty(Object.prototype, key, {
        value: "x",
        enumerable: true,
        configurable: true,
      });
    try {
      expect(ownOptions<{ name?: string }>({}, KNOWN).name).toBeUndefined();
      const { name, size } = ownOptions(inherited, KNOWN);
      expect([name, size]).toEqual([undefined, 5]);
    } finally {
      for (const key of ["name", "size"]) Reflect.deleteProperty(Object.prototype, key);
    }
  });
});
