import { describe, expect, test } from "bun:test";
import { visitFunctions } from "../../src/callable/export-places.ts";

/** The names of the functions that are found in the exports of a module. */
function namesIn(exported: object): string[] {
  const names: string[] = [];
  visitFunctions(exported, (_, name) => void names.push(name));
  return names;
}

/** An object with a getter that is a bound function, and that notes its calls. */
function withBoundGetter(marks: object): { exported: object; calls: () => number } {
  let calls = 0;
  const get = (): (() => void) => {
    calls += 1;
    return () => {};
  };
  const exported = Object.defineProperty({ ...marks }, "found", {
    get: get.bind(undefined),
    enumerable: true,
  });
  return { exported, calls: () => calls };
}

describe("a getter that is a bound function", () => {
  test("is read in what Bun's bundler has made a CommonJS module", () => {
    const { exported } = withBoundGetter({ __esModule: true });
    expect(namesIn(exported)).toEqual(["found"]);
  });

  test.each([[{}], [{ __esModule: false }]])("is not called in other objects: %p", (marks) => {
    const { exported, calls } = withBoundGetter(marks);
    expect(namesIn(exported)).toEqual([]);
    expect(calls()).toBe(0);
  });
});
