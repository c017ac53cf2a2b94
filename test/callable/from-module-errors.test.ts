import { describe, expect, test } from "bun:test";
import { loadCallable } from "../../src/callable/load.ts";
import { describeCallable } from "../../src/callable/index.ts";
import type { Callable } from "../../src/callable/index.ts";
import { runInWorker } from "./fixtures/run-in-worker.ts";

const load = (callable: Callable): ReturnType<typeof loadCallable> =>
  loadCallable(describeCallable(callable));

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
    "explains itself and stays the same error: %s",
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

  test("says so when an arrow function calls itself", async () => {
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

  test("is not any error with those words", async () => {
    const thrown = await load(() => {
      throw new TypeError("outside is not defined");
    });
    const message = "outside is not defined";
    expect(thrown).toThrow(expect.objectContaining({ message, name: "TypeError" }));
  });
});
