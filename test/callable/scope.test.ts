import { describe, expect, test } from "bun:test";
import { describeCallable } from "../../src/callable/index.ts";
import { CallableError } from "../../src/errors.ts";
import { functions } from "./fixtures/shadows.ts";
import { runInWorker } from "./fixtures/run-in-worker.ts";

describe("a variable that has the name of a global", () => {
  test.each(functions("shadowed"))("is not taken for the global: %s", (_, callable) => {
    expect(() => describeCallable(callable)).toThrow(CallableError);
    expect(() => describeCallable(callable)).toThrow(
      /name of a global.*Export it.* variable=\w+ callable=/,
    );
  });

  test.each(functions("global"))("is the global where it is one: %s", async (_, callable) => {
    expect(await runInWorker(callable)).toEqual({ value: callable() });
  });
});
