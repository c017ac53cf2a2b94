import { describe, expect, test } from "bun:test";
import { WorkRequest, fromModule } from "../../../src/index.ts";
import type { RequestID } from "../../../src/index.ts";
import { collectArguments } from "../fixtures/tasks.ts";

describe("a WorkRequest", () => {
  test("keeps what it was made with", () => {
    const callback = (): void => {};
    const excCallback = (): void => {};
    const kwds = { wheel: 30 };
    const request = new WorkRequest(collectArguments, [1, 2], kwds, {
      requestID: "job",
      callback,
      excCallback,
    });
    expect(request.callable).toBe(collectArguments);
    expect(request.args).toEqual([1, 2]);
    expect(request.kwds).toEqual(kwds);
    expect(request.requestID).toBe("job");
    expect(request.callback).toBe(callback);
    expect(request.excCallback).toBe(excCallback);
    expect(request.exception).toBe(false);
  });

  test("has no arguments, no keywords and no callback by default, and has not failed", () => {
    const request = new WorkRequest(collectArguments);
    expect(request.args).toEqual([]);
    expect(request.kwds).toEqual({});
    expect(request.callback).toBeUndefined();
    expect(request.exception).toBe(false);
  });

  test("prints tracebacks unless excCallback is given, null included", () => {
    expect(new WorkRequest(collectArguments).excCallback).toBeFunction();
    expect(
      new WorkRequest(collectArguments, [], {}, { excCallback: undefined }).excCallback,
    ).toBeFunction();
    expect(
      new WorkRequest(collectArguments, [], {}, { excCallback: null }).excCallback,
    ).toBeUndefined();
  });

  test("takes a reference by fromModule for a callable", () => {
    const reference = fromModule<typeof import("../fixtures/tasks.ts"), "add">(
      new URL("../fixtures/tasks.ts", import.meta.url),
      "add",
    );
    expect(new WorkRequest(reference, [1, 2]).callable).toBe(reference);
  });

  test("takes own properties", () => {
    const request = Object.assign(new WorkRequest(collectArguments), { note: "mine" });
    expect(request.note).toBe("mine");
    expect(Object.keys(request)).toContain("note");
  });
});

describe("requestID", () => {
  test("is a unique integer by default", () => {
    const ids = Array.from({ length: 1000 }, () => new WorkRequest(collectArguments).requestID);
    expect(new Set(ids).size).toBe(1000);
    expect(ids.every((id) => Number.isSafeInteger(id))).toBe(true);
  });

  test("is a unique integer also when it is given as undefined", () => {
    const { requestID } = new WorkRequest(collectArguments, [], {}, { requestID: undefined });
    expect(Number.isSafeInteger(requestID)).toBe(true);
  });

  const ids: RequestID[] = ["job", "", 7, 0, -1.5, NaN, 7n, Symbol("job")];
  test.each(ids.map((id) => [id]))("may be %p", (requestID) => {
    expect(new WorkRequest(collectArguments, [], {}, { requestID }).requestID).toBe(requestID);
  });

  const unhashable: [string, unknown][] = [
    ["an array", [1]],
    ["an object", {}],
    ["null", null],
    ["a boolean", true],
    ["a function", () => 1],
    ["a Date", new Date(0)],
  ];
  test.each(unhashable)("may not be %s", (_title, requestID) => {
    const attempt = (): unknown =>
      new WorkRequest(collectArguments, [], {}, { requestID: requestID as RequestID });
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow("requestID must be hashable.");
  });
});

describe("toString", () => {
  const cases: [string, RequestID, unknown[], Record<string, unknown>, RegExp][] = [
    [
      "numbers",
      7,
      [1, 2],
      {},
      /^<WorkRequest id=7 args=\[ ?1, 2 ?\] kwargs=\{\} exception=false>$/,
    ],
    [
      "keywords",
      "job",
      [],
      { wheel: 30 },
      /^<WorkRequest id=job args=\[\] kwargs=\{ ?wheel: 30 ?\} exception=false>$/,
    ],
    ["a symbol as ID", Symbol("job"), [], {}, /^<WorkRequest id=Symbol\(job\) args=\[\]/],
    ["a bigint as ID", 7n, [], {}, /^<WorkRequest id=7 args=\[\]/],
    ["strings, quoted", 1, ["a", ["b"]], {}, /args=\[ ?["']a["'], \[ ?["']b["'] ?\] ?\]/],
  ];
  test.each(cases)("shows %s", (_title, requestID, args, kwds, expected) => {
    const request = new WorkRequest((...all: unknown[]) => all, args, kwds, { requestID });
    expect(String(request)).toMatch(expected);
  });

  test("stays on one line, whatever the arguments are", () => {
    const many = Array.from({ length: 40 }, (_, i) => i);
    const deep = { a: { b: { c: { d: { e: "bottom" } } } } };
    const request = new WorkRequest((...all: unknown[]) => all, [many, deep]);
    expect(String(request)).not.toContain("\n");
  });

  test("shows a request that has failed", () => {
    const request = new WorkRequest(collectArguments);
    request.exception = true;
    expect(String(request)).toEndWith(" exception=true>");
  });
});
