import { describe, expect, test } from "bun:test";
import { nameFrames, nameFramesOf } from "../../../src/pool/request/stack-frames.ts";

/** An error as it comes from another thread: its stack is text, and it has no frames of its own. */
function arrived(stack: string, options?: ErrorOptions): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    const error = new Error("no", options);
    Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
    return error;
  } finally {
    Error.stackTraceLimit = limit;
  }
}

const FRAMES = ["/a.ts:1:2", "async /a.ts:1:2", "file:///a.ts:1:2", "native:7:11", "/a b/c.ts:1:2"];

describe("a frame without a name", () => {
  test.each(FRAMES)("gets one: %s", (frame) => {
    const [, place] = /^(?:async )?(.*)$/.exec(frame) as unknown as [string, string];
    expect(nameFrames(`Error: no\n    at ${frame}`)).toContain(`module code (${place})`);
  });

  test.each([...FRAMES, "<anonymous>"])(
    "does not hide from Bun's printer what follows: %s",
    (frame) => {
      const error = arrived(
        `Error: no\n    at f (/a.ts:1:1)\n    at ${frame}\n    at last (/b.ts:3:4)`,
      );
      expect(Bun.inspect(error)).not.toContain("/b.ts:3:4");
      nameFramesOf(error);
      expect(Bun.inspect(error)).toContain("at last (/b.ts:3:4)");
    },
  );

  test("is found in causes and in the errors of an AggregateError", () => {
    const cause = arrived("Error: no\n    at /cause.ts:1:2");
    const error = Object.assign(arrived("Error: no\n    at /top.ts:1:2", { cause }), {
      errors: [arrived("Error: no\n    at /held.ts:1:2")],
    });
    nameFramesOf(error);
    const text = Bun.inspect(error);
    for (const file of ["/top.ts", "/cause.ts", "/held.ts"])
      expect(text).toContain(`at module code (${file}:1:2)`);
  });

  test("of an error that is its own cause does not take for ever", () => {
    const error = arrived("Error: no\n    at /top.ts:1:2");
    error.cause = error;
    nameFramesOf(error);
    expect(error.stack).toContain("module code (/top.ts:1:2)");
  });
});

test("what has a name, and what is no frame, stays as it is", () => {
  const stack =
    "Error: see /a.ts:1:2\n    at f (/a.ts:1:2)\n    at <anonymous> (/a.ts:1:2)\n    --- put here ---\n  text:1:2";
  expect(nameFrames(stack)).toBe(stack);
});
