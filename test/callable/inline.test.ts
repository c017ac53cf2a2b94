// oxlint-disable typescript/unbound-method, typescript/no-extraneous-class -- methods taken from their objects are what is tested
import { describe, expect, test } from "bun:test";
import { loadCallable } from "../../src/callable/load.ts";
import { describeCallable } from "../../src/callable/index.ts";
import type { Callable } from "../../src/callable/index.ts";
import { runInWorker } from "./fixtures/run-in-worker.ts";

const load = (callable: Callable): ReturnType<typeof loadCallable> =>
  loadCallable(describeCallable(callable));

/** Every way to write a function; each returns its argument plus one, at once or later. */
const methods = {
  method(value: number) {
    return value + 1;
  },
  async asyncMethod(value: number) {
    return value + 1;
  },
  "a quoted (name)"(value: number) {
    return value + 1;
  },
  42(value: number) {
    return value + 1;
  },
  delete(value: number) {
    return value + 1;
  },
  function(value: number) {
    return value + 1;
  },
  class(value: number) {
    return value + 1;
  },
  get(value: number) {
    return value + 1;
  },
  async(value: number) {
    return value + 1;
  },
  async await(value: number) {
    return value + 1;
  },
  größe(value: number) {
    return value + 1;
  },
};
class Statics {
  static twice(value: number): number {
    return value + 1;
  }
}
const expressions: Record<string, Callable> = {
  arrow: (value: number) => value + 1,
  asyncArrow: async (value: number) => value + 1,
  destructuring: (value: number, { step = 1 }: { step?: number } = {}) => value + step,
  expression: function (value: number) {
    return value + 1;
  },
  asyncExpression: async function (value: number) {
    return value + 1;
  },
  recursive: function count(value: number): number {
    return value === 0 ? 1 : 1 + count(value - 1);
  },
  withComment: (value: number) => value + 1, // a comment
  staticMethod: Statics.twice,
};

describe("an inline function", () => {
  test.each(Object.entries({ ...methods, ...expressions }))(
    "runs in a worker: %s",
    async (_title, callable) => {
      expect(await runInWorker(callable as Callable, 1)).toEqual({ value: 2 });
    },
  );

  test("stays synchronous, and keeps its name", async () => {
    const callable = await load(methods.method);
    expect(callable(1)).toBe(2);
    expect(callable.name).toBe("method");
  });

  test.each([
    [
      "generator",
      function* (count: number) {
        for (let index = 0; index < count; index += 1) yield index;
        return "done";
      },
    ],
    [
      "generator method",
      {
        *method(count: number) {
          for (let index = 0; index < count; index += 1) yield index;
          return "done";
        },
      }.method,
    ],
  ])("stays a %s", async (_title, generator) => {
    const running = (await load(generator))(2) as Generator<number, string>;
    expect([running.next(), running.next(), running.next()]).toEqual([
      { done: false, value: 0 },
      { done: false, value: 1 },
      { done: true, value: "done" },
    ]);
  });

  test.each([
    [
      "async generator",
      async function* (count: number) {
        for (let index = 0; index < count; index += 1) yield index;
      },
    ],
    [
      "async generator method",
      {
        async *method(count: number) {
          for (let index = 0; index < count; index += 1) yield index;
        },
      }.method,
    ],
  ])("stays an %s", async (_title, generator) => {
    const running = (await load(generator))(3) as AsyncGenerator<number>;
    expect(await Array.fromAsync(running)).toEqual([0, 1, 2]);
  });

  test("runs in strict mode and without a this, as in a module", async () => {
    const isUndefined = await load(function (this: unknown) {
      return this === undefined;
    });
    expect(isUndefined()).toBe(true);
    const arrow = await loadCallable({
      kind: "source",
      name: "",
      source: "() => this === undefined",
    });
    expect(arrow()).toBe(true);
  });

  test("can import what has an absolute name", async () => {
    expect(await runInWorker(async () => (await import("node:path")).basename("/a/b"))).toEqual({
      value: "b",
    });
  });
});
