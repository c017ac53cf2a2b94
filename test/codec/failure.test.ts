import { describe, expect, test } from "bun:test";
import { registerClass } from "../../src/codec/index.ts";
import { bareError, Decoder, encodeFailure, Encoder } from "../../src/codec/objects.ts";
import { PayloadError } from "../../src/errors.ts";
import { expectSame } from "./deep-equal.ts";
import { posted } from "./round-trip.ts";

class Failed extends Error {
  override name = "Failed";
}
registerClass(Failed);

const encoder = new Encoder();

/** What arrives when this was thrown. */
function arrived(thrown: unknown): unknown {
  const length = encodeFailure(encoder, thrown);
  const handles = posted(encoder.handles, encoder.transferList);
  return new Decoder().decode(encoder.bytes, 0, length, handles);
}

describe("a thrown error", () => {
  test("that can cross arrives whole", () => {
    const error = Object.assign(new Failed("why", { cause: new TypeError("inner") }), {
      code: 7,
      list: [1, { a: 2 }],
    });
    expectSame(arrived(error), error);
  });

  test("loses the properties that cannot cross, and nothing else", () => {
    const shared = { shared: 1 };
    const error = Object.assign(new Failed("why"), {
      before: shared,
      callback: () => 0,
      response: { shared, deep: [new Blob([]), new ArrayBuffer(9), () => 0] },
      after: shared,
    });
    const received = arrived(error) as typeof error;
    expect(Object.keys(received)).toEqual(["name", "before", "after"]);
    expect(received.after).toBe(received.before);
    expect(received).toBeInstanceOf(Failed);
    expect([received.message, received.stack]).toEqual(["why", error.stack]);
    expect(encoder.handles).toEqual([]);
  });

  test("keeps handles beside the properties that it loses", () => {
    const blob = new Blob(["text"]);
    const error = Object.assign(new Error("e"), {
      lost: [new Blob([]), Symbol("s")],
      blob,
      bytes: new Uint8Array([1, 2]),
    });
    const received = arrived(error) as typeof error;
    expect(received.blob).toBeInstanceOf(Blob);
    expect(received.blob.size).toBe(4);
    expect([...received.bytes]).toEqual([1, 2]);
    expect(encoder.handles).toEqual([blob]);
  });

  test.each([1, 100])(
    "keeps what it shares with a property that it loses, of %p objects",
    (count) => {
      const shared = Array.from({ length: count }, (_, index) => ({ index }));
      const error = Object.assign(new Error("e"), {
        lost: [shared, () => 0],
        kept: [shared, ...shared],
      });
      const received = arrived(error) as typeof error;
      expectSame(received.kept, error.kept);
      expect("lost" in received).toBe(false);
    },
  );

  test("does not carry the bytes of a property that it loses, not even deep ones", () => {
    let deep: unknown = { bytes: new ArrayBuffer(100_000) };
    for (let level = 0; level < 1000; level++) deep = [deep];
    const error = Object.assign(new Error("e"), {
      lost: [new ArrayBuffer(100_000), deep, () => 0],
    });
    expect(encodeFailure(encoder, error)).toBeLessThan(5000);
    expectSame(Object.keys(arrived(error) as object), []);
  });

  test("keeps class and message when a property fails at a deep level", () => {
    let deep: unknown = { callback: () => 0 };
    for (let level = 0; level < 1000; level++) deep = [deep];
    const received = arrived(Object.assign(new Failed("why"), { deep, code: 1 })) as Failed;
    expect(received).toBeInstanceOf(Failed);
    expect(received).toMatchObject({ message: "why", code: 1 });
    expect("deep" in received).toBe(false);
  });

  test("does not move a port of a property that it loses", () => {
    const { port1, port2 } = new MessageChannel();
    arrived(Object.assign(new Error("e"), { lost: [port1, () => 0] }));
    expect(encoder.transferList).toEqual([]);
    port1.close();
    port2.close();
  });

  test("keeps causes and errors whose own properties cannot cross", () => {
    const cause = Object.assign(new RangeError("cause"), { socket: new Proxy({}, {}), code: "E" });
    const received = arrived(new AggregateError([cause, 1], "all", { cause })) as AggregateError;
    expect(received.cause).toBeInstanceOf(RangeError);
    expect(received.cause).toMatchObject({ message: "cause", code: "E" });
    expect(received.errors).toEqual([received.cause, 1]);
  });

  test("loses a cause that cannot cross at all", () => {
    const received = arrived(new Error("e", { cause: () => 0 })) as Error;
    expect(received.message).toBe("e");
    expect("cause" in received).toBe(false);
  });

  test("keeps the first errors of a chain of causes that is too deep", () => {
    let error = new Error("innermost");
    for (let level = 0; level < 50_000; level++)
      error = new Error(`level ${level}`, { cause: error });
    const received = arrived(error) as Error;
    expect(received.message).toBe("level 49999");
    expect((received.cause as Error).message).toBe("level 49998");
  });

  test("loses properties whose getters throw, even its stack", () => {
    const error = new Error("e");
    for (const key of ["stack", "broken"]) {
      Object.defineProperty(error, key, {
        enumerable: key === "broken",
        get: () => {
          throw new Error("no");
        },
      });
    }
    const received = arrived(error) as Error;
    expect(received.message).toBe("e");
    expect([Object.hasOwn(received, "broken"), received.stack]).toEqual([false, undefined]);
  });
});

describe("a thrown value that is no error", () => {
  test("arrives when it can cross", () => {
    for (const value of [undefined, null, "text", 5, { code: 1 }, Array(3)])
      expectSame(arrived(value), value);
  });

  const others: [string, unknown, RegExp][] = [
    ["a function", function explode() {}, /threw the function explode, /],
    ["a symbol", Symbol("why"), /threw Symbol\(why\), /],
    [
      "an object with a function",
      { message: "x", next: () => 0 },
      /threw an instance of Object.*error\.next is a function/,
    ],
    ["a promise", Promise.resolve(1), /threw an instance of Promise.*await it/],
    ["a Proxy of an error", new Proxy(new Error("behind"), {}), /is a Proxy/],
    [
      "a Proxy whose traps all throw",
      new Proxy(
        new Error("e"),
        new Proxy(
          {},
          {
            get: () => {
              throw new Error("trap");
            },
          },
        ),
      ),
      /is a Proxy/,
    ],
    [
      "an object whose class is behind a getter that throws",
      Object.create({
        get constructor(): never {
          throw new Error("no");
        },
      }),
      /threw an object without a class, /,
    ],
  ];

  test.each(others)(
    "%s becomes a PayloadError that names what was thrown",
    (_, thrown, message) => {
      const received = arrived(thrown);
      expect(received).toBeInstanceOf(PayloadError);
      expect((received as Error).message).toMatch(
        /^The callable threw .*which cannot cross between threads: /,
      );
      expect((received as Error).message).toMatch(message);
    },
  );
});

describe("bareError", () => {
  test("keeps name, message and stack, and nothing else", () => {
    const error = Object.assign(new Failed("why", { cause: 1 }), { code: 7 });
    const bare = bareError(error) as Error;
    expect([bare.name, bare.message, bare.stack]).toEqual(["Failed", "why", error.stack]);
    expect([Object.keys(bare), "cause" in bare]).toEqual([[], false]);
  });

  test("is a PayloadError for what is no error", () => {
    expect(bareError({ code: 7 })).toBeInstanceOf(PayloadError);
  });
});

test("an encoder refuses errors that cannot cross again, after encodeFailure has used it", () => {
  encodeFailure(encoder, Object.assign(new Error("e"), { callback: () => 0 }));
  expect(() =>
    encoder.encode(Object.assign(new Error("e"), { callback: () => 0 }), "result"),
  ).toThrow(/result\.callback/);
});
