import { describe, expect, test } from "bun:test";
import { WorkRequest, fromModule, makeRequests } from "../../../src/index.ts";
import { expectRefused, untyped } from "../../misuse.ts";
import { add, collectArguments, double } from "../fixtures/tasks.ts";

class Options {
  wheel = 30;
}

describe("makeRequests", () => {
  test("makes one request an item, in order", () => {
    const requests = makeRequests(double, [1, 2, 3]);
    expect(requests).toHaveLength(3);
    expect(requests.every((request) => request instanceof WorkRequest)).toBe(true);
    expect(requests.map(({ args }) => args)).toEqual([[1], [2], [3]]);
    expect(requests.map(({ callable }) => callable)).toEqual([double, double, double]);
    expect(new Set(requests.map(({ requestID }) => requestID)).size).toBe(3);
  });

  test("makes none from no items", () => {
    expect(makeRequests(double, [])).toEqual([]);
  });

  test("takes items from any iterable", () => {
    function* items(): Generator<number> {
      yield 1;
      yield 2;
    }
    expect(makeRequests(double, items()).map(({ args }) => args)).toEqual([[1], [2]]);
    expect(makeRequests(double, new Set([3])).map(({ args }) => args)).toEqual([[3]]);
  });

  const spread: [string, unknown, unknown[], object][] = [
    ["a list and keywords", [[1, 2], { wheel: 30 }], [1, 2], { wheel: 30 }],
    ["a list and no keywords", [[1, 2], {}], [1, 2], {}],
    ["an empty list and keywords", [[], { wheel: 30 }], [], { wheel: 30 }],
    [
      "keywords without a prototype",
      [[1], Object.assign(Object.create(null), { a: 1 })],
      [1],
      { a: 1 },
    ],
  ];
  test.each(spread)("spreads an item that is exactly %s", (_title, item, args, kwds) => {
    const [request] = makeRequests(collectArguments, [item]);
    expect(request?.args).toEqual(args);
    expect({ ...request?.kwds }).toEqual({ ...kwds });
  });

  const single: [string, unknown][] = [
    ["a number", 1],
    ["undefined", undefined],
    ["null", null],
    ["a string of two", "ab"],
    ["a list", [1, 2]],
    ["an empty list", []],
    ["a list in a list", [[1, 2]]],
    ["a pair of lists", [[1], [2]]],
    ["a pair whose first is no list", [1, { wheel: 30 }]],
    ["a pair whose second is null", [[1], null]],
    ["a pair whose second is a Map", [[1], new Map([["wheel", 30]])]],
    ["a pair whose second is a Date", [[1], new Date(0)]],
    ["a pair whose second is an instance", [[1], new Options()]],
    ["a triple", [[1], { wheel: 30 }, 3]],
    ["a list alone with keywords missing", [[1], undefined]],
    ["keywords alone", { wheel: 30 }],
    ["an object that looks like a pair", { 0: [1], 1: {}, length: 2 }],
  ];
  test.each(single)("takes anything else as the single argument: %s", (_title, item) => {
    const [request] = makeRequests(collectArguments, [item]);
    expect(request?.args).toHaveLength(1);
    expect(request?.args[0]).toBe(item);
    expect(request?.kwds).toEqual({});
  });

  test("gives every request the callback and the excCallback", () => {
    const callback = (): void => {};
    const excCallback = (): void => {};
    for (const request of makeRequests(double, [1, 2], callback, excCallback)) {
      expect(request.callback).toBe(callback);
      expect(request.excCallback).toBe(excCallback);
    }
  });

  test("leaves the printing of tracebacks on unless excCallback is null", () => {
    expect(makeRequests(double, [1])[0]?.excCallback).toBeFunction();
    expect(makeRequests(double, [1], null, undefined)[0]?.excCallback).toBeFunction();
    expect(makeRequests(double, [1], null, null)[0]?.excCallback).toBeUndefined();
  });

  test("passes several arguments by a list and keywords", () => {
    const [request] = makeRequests(add, [[[1, 2], {}]]);
    expect(request?.args).toEqual([1, 2]);
  });

  test("spreads an array into the parameters of a function that declares as many, two or more", () => {
    const requests = makeRequests(add, [
      [1, 2],
      [3, 4],
    ]);
    expect(requests.map(({ args }) => args)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(requests.map(({ kwds }) => kwds)).toEqual([{}, {}]);
  });

  test("passes an array to a function of one parameter, and to a named one, as its one argument", () => {
    const first = (list: readonly number[]): number | undefined => list[0];
    expect(makeRequests(first, [[1, 2]])[0]?.args).toEqual([[1, 2]]);
    const reference = fromModule<typeof import("../fixtures/tasks.ts")>(
      new URL("../fixtures/tasks.ts", import.meta.url),
    ).collectArguments;
    expect(makeRequests(reference, [untyped([1, 2])])[0]?.args).toEqual([[1, 2]]);
  });

  test.each([[[1]], [[1, 2, 3]], [[]]])(
    "refuses an array of which it is not clear whether it is one argument or several: %j",
    (item) => {
      expectRefused(
        () => makeRequests(add, [untyped<readonly [number, number]>(item)]),
        TypeError,
        /one argument or several.*2 parameters.*Write \[\[a, b\], \{\}\] .*: item=\[/,
      );
    },
  );
});
