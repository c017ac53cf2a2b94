/**
 * What a program replaces in a thread, the pool does not use: it has taken what it needs when it was loaded. Each case is a
 * process of its own, because the test runner would not survive it.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { METHODS, REPLACED } from "./fixtures/globals/replacements.ts";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";

/** Each has some timers, some constructors, some of the rest. */
const GROUPS = 6;

setDefaultTimeout(SCRIPT_TEST_MS);

const inWorker = (...args: readonly string[]): Promise<unknown> =>
  reportOf("globals/in-worker.ts", ...args);
const inParent = (...args: readonly string[]): Promise<unknown> =>
  reportOf("globals/in-parent.ts", ...args);

describe("a worker goes on, its values arrive and its pool closes, after a callable", () => {
  test("has replaced a few globals by functions that throw", async () => {
    const groups = Array.from({ length: GROUPS }, (_, group) =>
      REPLACED.filter((__, index) => index % GROUPS === group).join(","),
    );
    expect(await inWorker("replaceSome", ...groups)).toEqual([]);
  });
  test("has replaced all of them at once", async () => {
    expect(await inWorker("replaceAll")).toEqual([]);
  });
  test("has replaced a method on its object", async () => {
    expect(await inWorker("replaceMethod", ...Object.keys(METHODS))).toEqual([]);
  });
  test("has made bluebird its promise", async () => {
    expect(await inWorker("installBluebird")).toEqual([]);
  });
  test("has stopped the clock and the timers", async () => {
    expect(await inWorker("installFakeTimers")).toEqual([]);
  });
  test("has registered a DOM", async () => {
    expect(await inWorker("installDom")).toEqual([]);
  });
  test("has put counters around what the language calls all the time", async () => {
    expect(await inWorker("instrument")).toEqual([]);
  });
  test("has made the stacks of errors something else than texts", async () => {
    expect(await inWorker("spoilStacks", "throws", "frames", "number", "limit")).toEqual([]);
  });
});

test("an initializer may register a DOM", async () => {
  expect(await reportOf("globals/in-initializer.ts")).toBe("the same");
});

describe("a pool in a parent", () => {
  test.each([
    ["has faked the clock and the timers", "installFakeTimers", ""],
    ["has replaced every global by a function that throws", "replaceAll", ""],
    ["has registered a DOM", "installDom", ""],
    ["has made bluebird its promise", "installBluebird", ""],
    ["has put counters around what the language calls all the time", "instrument", ""],
    ["has made the stacks of errors throw", "spoilStacks", "throws"],
    ["has made the stacks of errors lists of frames", "spoilStacks", "frames"],
    ["has made the limit of frames a text", "spoilStacks", "limit"],
  ])(
    "that %s works, also when it is new, and after all is restored",
    async (_, replacement, argument) => {
      expect(await inParent(replacement, argument)).toEqual({
        before: true,
        during: true,
        restored: true,
      });
    },
  );
});

test("an object of a class that has replaced a native one crosses when its class extends that one, and is foreign otherwise", async () => {
  expect(await reportOf("globals/foreign-classes.ts")).toEqual({
    "a date of a faked clock": [true, "1970-01-01T00:00:00.005Z"],
    "a native URL": [true, "https://a.test/"],
    "a URL of the DOM": [true, "https://a.test/"],
    "headers of the DOM": expect.stringMatching(
      /^PayloadError: args\[1\] is an instance of Headers, a class that is not registered/,
    ),
    "a signal of the DOM": "no more",
    "no signal": expect.stringMatching(/^TypeError: signal is an AbortSignal: signal=/),
  });
});
