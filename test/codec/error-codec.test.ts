import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { registerClass } from "../../src/codec/index.ts";
import * as poolErrors from "../../src/errors.ts";
import { expectSame } from "./deep-equal.ts";
import { refusalOf, roundTrip } from "./round-trip.ts";

class NotFound extends Error {
  override name = "NotFound";
  readonly status: number = 404;
}

class UnregisteredChild extends NotFound {}

class Unregistered extends RangeError {
  get code(): string {
    return "E_UNREGISTERED";
  }
}
Unregistered.prototype.name = "Unregistered";

class Timeout extends AggregateError {}

registerClass(NotFound);
registerClass(Timeout, { name: "app.Timeout" });

const BUILT_IN = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];

describe("built-in errors", () => {
  test.each(BUILT_IN)("%p arrives as itself", (ErrorClass) => {
    for (const error of [
      new ErrorClass("mess\ud800age"),
      new ErrorClass(),
      new ErrorClass("", { cause: undefined }),
    ]) {
      expectSame(roundTrip(error), error);
    }
  });

  test("keep stack, code, cause, and own properties with their order and enumerability", () => {
    const error = Object.assign(
      new TypeError("outer", { cause: new Error("inner", { cause: "text" }) }),
      {
        code: "E_OUTER",
        details: { list: [1, { deep: new Map([[1, 2]]) }] },
        at: new Date(5),
      },
    );
    error.stack = "TypeError: outer\n    at somewhere (far:1:2)";
    const received = roundTrip(error);
    expectSame(received, error);
    expect(Object.keys(received)).toEqual(["code", "details", "at"]);
    expect(Error.isError(received)).toBe(true);
    expect(String(received)).toBe("TypeError: outer");
  });

  test("of a system call keep the properties that say which call failed", () => {
    try {
      readFileSync("/no/such/file");
    } catch (error) {
      const received = roundTrip(error as NodeJS.ErrnoException);
      expect(received).toMatchObject({ code: "ENOENT", syscall: "open", path: "/no/such/file" });
      expectSame(received, error);
    }
    expect.assertions(2);
  });

  test("AggregateError and SuppressedError keep their errors", () => {
    const shared = new Error("shared");
    const all = new AggregateError([shared, "text", new AggregateError([shared])], "all", {
      cause: shared,
    });
    const suppressed = new SuppressedError(shared, all, "while disposing");
    expectSame(roundTrip([all, suppressed]), [all, suppressed]);
  });

  test("DOMException keeps name, message and code", () => {
    const error = new DOMException("stopped", "AbortError");
    const received = roundTrip(error);
    expectSame(received, error);
    expect(received).toBeInstanceOf(DOMException);
    expect(received.code).toBe(20);
    const aborted = AbortSignal.abort().reason as DOMException;
    expectSame(roundTrip(aborted), aborted);
  });

  test("may be in a cycle with their causes", () => {
    const error = new Error("self");
    error.cause = { error };
    const received = roundTrip(error);
    expect((received.cause as { error: Error }).error).toBe(received);
  });

  test("do not get a stack of the place where they are rebuilt", () => {
    const error = new Error("without");
    delete error.stack;
    expect(roundTrip(error).stack).toBeUndefined();
    const limit = Error.stackTraceLimit;
    roundTrip(new Error("x"));
    expect(Error.stackTraceLimit).toBe(limit);
    expect(new Error("x").stack).toContain("error-codec.test.ts");
  });

  test("of a failed import arrive as errors with name, message and code", async () => {
    const failure: unknown = await import(["./no", "such", "module.ts"].join("-")).catch(
      (error: unknown) => error,
    );
    const received = roundTrip(failure as Error & { code: string });
    expect(received).toBeInstanceOf(Error);
    expect(received.name).toBe("ResolveMessage");
    expect(received.message).toContain("no-such-module.ts");
    expect(received.code).toBe("ERR_MODULE_NOT_FOUND");
  });
});

describe("subclasses", () => {
  test("that are registered arrive as themselves", () => {
    const error = new NotFound("page", { cause: new Timeout([new NotFound("inner")], "slow") });
    const received = roundTrip(error);
    expectSame(received, error);
    expect(received).toBeInstanceOf(NotFound);
    expect(received.status).toBe(404);
    expect(Error.isError(received)).toBe(true);
  });

  test("that are not registered keep their name, and arrive as the nearest class that is known", () => {
    const child = roundTrip(new UnregisteredChild("c"));
    expect(Object.getPrototypeOf(child)).toBe(NotFound.prototype);
    const received = roundTrip(new Unregistered("u"));
    expect(Object.getPrototypeOf(received)).toBe(RangeError.prototype);
    expect(received.name).toBe("Unregistered");
    expect(received.code).toBe("E_UNREGISTERED");
    expect(Object.keys(received)).toEqual([]);
  });

  test("of ringpool itself arrive as themselves, with their fields", () => {
    const { PayloadError, WorkerDied, ...others } = poolErrors;
    const errors = [
      new PayloadError("m", { path: "args[0]", cause: 1 }),
      new WorkerDied("m", { workerId: 3, exitCode: 13, cause: new Error("why") }),
      ...Object.values(others).map((PoolError) => new PoolError("message", { cause: "c" })),
    ];
    expect(errors.length).toBe(10);
    for (const error of errors) expectSame(roundTrip(error), error);
  });
});

test("an error that cannot cross is refused in a value, with the path into it", () => {
  const error = Object.assign(new Error("e", { cause: { callback: () => 0 } }), {});
  expect(refusalOf({ error }, "result").path).toBe("result.error.cause.callback");
  expect(refusalOf([new AggregateError([1, Symbol("s")])]).path).toBe("args[0].errors[1]");
  expect(refusalOf(Object.assign(new Error("e"), { "on click": () => 0 })).path).toBe(
    'args["on click"]',
  );
});
