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

  test("runs in strict mode and without `this`, as in a module", async () => {
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

  test("can import a module by an absolute name", async () => {
    expect(await runInWorker(async () => (await import("node:path")).basename("/a/b"))).toEqual({
      value: "b",
    });
  });
});

const outside = 1;
const größe = 1;

describe("a ReferenceError of an inline function", () => {
  const explanation =
    /^outside is not defined: .*sees nothing around it.*Export it .*argument\. callable=\S+ missing=outside$/;
  const callables = {
    synchronous: () => outside,
    asynchronous: async () => outside,
    late: async () => {
      await Promise.resolve();
      return outside;
    },
    *generator() {
      yield outside;
    },
    async *asyncGenerator() {
      yield outside;
    },
  };

  test.each(Object.entries(callables))(
    "is explained and stays the same error: %s",
    async (_title, callable) => {
      const guarded = await load(callable);
      const attempt = async (): Promise<unknown> => {
        const result = guarded();
        return result instanceof Promise ? result : (result as Generator).next();
      };
      const error = await attempt().then(
        () => expect.unreachable(),
        (reason: unknown) => reason as ReferenceError,
      );
      expect(error).toBeInstanceOf(ReferenceError);
      expect(error.message).toMatch(explanation);
      expect(error.stack).toStartWith(`ReferenceError: ${error.message}\n`);
      expect(error.stack).toContain("inline-function:");
    },
  );

  test("is thrown by a synchronous function, not rejected", async () => {
    const guarded = await load(callables.synchronous);
    expect(() => guarded()).toThrow(explanation);
  });

  test("reaches the parent from a worker", async () => {
    const outcome = await runInWorker(callables.synchronous);
    expect(outcome).toMatchObject({
      error: { name: "ReferenceError", message: expect.stringMatching(explanation) },
    });
  });

  test("is explained for a name with letters beyond ASCII", async () => {
    const guarded = await load(() => größe);
    expect(() => guarded()).toThrow(/^größe is not defined: .* missing=größe$/);
  });

  test("is explained when an arrow function calls itself", async () => {
    const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
    const guarded = await load(factorial);
    expect(() => guarded(3)).toThrow(/an arrow function does not see it.* missing=factorial$/);
    expect(guarded(1)).toBe(1);
  });

  test.each([
    [
      "of an uninitialised variable",
      () => {
        const read = () => later;
        read();
        const later = 1;
        return later;
      },
    ],
    [
      "that the function made itself",
      () => {
        throw new ReferenceError("no such row");
      },
    ],
    [
      "about a name that is not in its source",
      () => {
        throw new ReferenceError(["no", "where"].join("") + " is not defined");
      },
    ],
  ] as [string, Callable][])("is left alone when it is one %s", async (_title, callable) => {
    const guarded = await load(callable);
    const original = (() => {
      try {
        return callable();
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(() => guarded()).toThrow(expect.objectContaining({ message: original }));
  });

  test("is not confused with another error that has the same message", async () => {
    const thrown = await load(() => {
      throw new TypeError("outside is not defined");
    });
    const message = "outside is not defined";
    expect(thrown).toThrow(expect.objectContaining({ message, name: "TypeError" }));
  });
});
