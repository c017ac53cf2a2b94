/** Arguments that do not hold still while they are read: refused before anything is queued, or sent as read. */
import { afterAll, describe, expect, test } from "bun:test";
import { PayloadError, PoolClosed, ThreadPool, WorkRequest } from "../../src/index.ts";
import { expectSame } from "../codec/deep-equal.ts";
import { add, echo } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";

const pool = new ThreadPool(1);
afterAll(() => pool.close());

function throwing(): never {
  throw new RangeError("not for you");
}

/** A value with a built-in property hidden behind one of its own. */
function hiding<T extends object>(value: T, key: string, own: unknown): T {
  return Object.defineProperty(value, key, { value: own });
}

function deepProxy(): unknown {
  const handler = new Proxy({}, { get: throwing });
  return { list: [new Map([["key", new Proxy({}, handler)]])] };
}

const refused: [title: string, make: () => unknown, path: string, message: RegExp][] = [
  [
    "a getter that throws",
    () => Object.defineProperty({}, "a", { get: throwing, enumerable: true }),
    ".a",
    /not for you/,
  ],
  [
    "an element's getter that throws",
    () => Object.defineProperty([1, 2], 1, { get: throwing }),
    "[1]",
    /not for you/,
  ],
  [
    "a getter that throws a Proxy",
    () => ({
      get a(): never {
        throw new Proxy({}, { get: throwing, getPrototypeOf: throwing });
      },
    }),
    ".a",
    /could not be read/,
  ],
  ["a Proxy whose traps throw, deep down", deepProxy, '.list[0].get("key")', /Proxy/],
  ["a revoked Proxy", revoked, "", /Proxy/],
  ["a toStringTag that throws", () => new (tagged())(), "", /cannot be read|not registered/],
  [
    "a getter that runs something in the same pool",
    () => ({
      get a(): unknown {
        return pool.runSync(echo, [{}]);
      },
    }),
    ".a",
    /encode another/,
  ],
  [
    "a getter that moves a buffer that was read already",
    () => {
      const buffer = new ArrayBuffer(8);
      return {
        buffer,
        get a(): number {
          structuredClone(buffer, { transfer: [buffer] });
          return 1;
        },
      };
    },
    "",
    /moved or resized/,
  ],
  [
    "a getter that shrinks a buffer that was read already",
    () => {
      const buffer = new ArrayBuffer(8, { maxByteLength: 8 });
      return {
        view: new Uint8Array(buffer),
        get a(): number {
          buffer.resize(1);
          return 1;
        },
      };
    },
    "",
    /moved or resized/,
  ],
  [
    "a view that lies about its length",
    () => hiding(new Uint8Array(4), "byteLength", 1e9),
    "",
    /lost|read/,
  ],
  [
    "a view whose length is negative",
    () => hiding(new Uint8Array(4), "byteLength", -8),
    "",
    /read/,
  ],
  [
    "a view whose length is no number",
    () => hiding(new Uint8Array(4), "byteLength", NaN),
    "",
    /length|read/,
  ],
  [
    "a view whose offset is far away",
    () => hiding(new Uint8Array(4), "byteOffset", 2 ** 40),
    "",
    /lost|read/,
  ],
  [
    "a buffer that lies about its length",
    () => hiding(new ArrayBuffer(4), "byteLength", 1e9),
    "",
    /read/,
  ],
  [
    "a regular expression without a source",
    () => hiding(/x/, "source", 5),
    "",
    /hide what it holds/,
  ],
  [
    "a regular expression whose flags are an object",
    () => hiding(/x/, "flags", { length: -3 }),
    "",
    /hide what it holds/,
  ],
  [
    "a URL without an href",
    () => hiding(new URL("a:b"), "href", undefined),
    "",
    /hide what it holds/,
  ],
  [
    "URLSearchParams without text",
    () => hiding(new URLSearchParams("a"), "toString", () => 7),
    "",
    /hide what it holds/,
  ],
  [
    "a DOMException without a name",
    () => hiding(new DOMException("m"), "name", {}),
    "",
    /hide what it holds/,
  ],
  ["a Map that is none", () => Object.create(Map.prototype), "", /could not be read/],
  ["a Date that is none", () => Object.create(Date.prototype), "", /could not be read/],
  [
    "a typed array that is none",
    () => Object.create(Uint8Array.prototype),
    "",
    /could not be read/,
  ],
  ["more headers than can cross", () => manyHeaders(2001), "", /2000 headers/],
  [
    "resizable buffers without limit",
    () => Array.from({ length: 40 }, growing),
    "",
    /maxByteLength/,
  ],
  [
    "more bytes than memory can be shared",
    () => Array.from({ length: 5 }, () => new ArrayBuffer(2 ** 30)),
    "",
    /memory/,
  ],
];

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function tagged(): new () => object {
  return class {
    get [Symbol.toStringTag](): string {
      return throwing();
    }
  };
}

function manyHeaders(count: number): Headers {
  return new Headers(Array.from({ length: count }, (_, index) => [`x${index}`, "1"]));
}

function growing(): ArrayBuffer {
  return new ArrayBuffer(1, { maxByteLength: 2 ** 32 });
}

describe("is refused, nothing is queued, and the pool goes on", () => {
  test.each(refused)("%s", async (_, make, path, message) => {
    const before = pool.stats();
    const attempts = [
      () => pool.putRequest(new WorkRequest(echo, [make()] as never)),
      () => pool.runSync(echo, [make()]),
      () => pool.run(echo, [make()]),
    ];
    for (const attempt of attempts) {
      const error = await rejection(Promise.try(attempt));
      expect(error).toBeInstanceOf(PayloadError);
      expect((error as PayloadError).message).toMatch(message);
      expect((error as PayloadError).path).toStartWith("args");
      expect((error as PayloadError).path).toEndWith(path);
    }
    const { put, pending, queueLength } = pool.stats();
    expect({ put, pending, queueLength }).toEqual({ put: before.put, pending: 0, queueLength: 0 });
    expect(pool.runSync(add, [1, 2])).toBe(3);
  });
});

describe("arrives as it was read", () => {
  test("an object that loses and gains properties meanwhile", async () => {
    const object: Record<string, unknown> = {
      get a(): number {
        delete object["b"];
        object["c"] = 3;
        return 1;
      },
      b: 2,
    };
    expect(await pool.run(echo, [object])).toEqual({ a: 1, b: undefined });
  });

  test("an array that gets shorter, or longer, meanwhile", async () => {
    for (const [length, expected] of [
      [1, Object.assign(Array<number>(3), [1])],
      [9, [1, 2, 3]],
    ] as const) {
      const array: unknown[] = [0, 2, 3];
      Object.defineProperty(array, 0, {
        get: () => {
          array.length = length;
          return 1;
        },
      });
      const received = await pool.run(echo<unknown[]>, [array]);
      expectSame(received, expected);
    }
  });

  test("a Map and a Set that are changed meanwhile", async () => {
    const map = new Map<unknown, unknown>();
    const set = new Set<unknown>();
    map.set("first", {
      get a(): number {
        map.delete("second");
        set.clear();
        return 1;
      },
    });
    map.set("second", 2);
    set.add(map).add("gone");
    expect(await pool.run(echo, [[map, set]])).toEqual([new Map([["first", { a: 1 }]]), new Set()]);
  });

  test("an object with toJSON, valueOf or toString of its own prototype, none of which is asked", async () => {
    const asked: string[] = [];
    const hidden = (name: string): PropertyDescriptor => ({
      value: () => asked.push(name),
      enumerable: false,
    });
    const object = Object.defineProperties(
      { a: 1 },
      { toJSON: hidden("toJSON"), valueOf: hidden("valueOf"), toString: hidden("toString") },
    );
    const date = Object.defineProperty(new Date(5), "getTime", hidden("getTime"));
    expect(await pool.run(echo, [[object, date]])).toEqual([{ a: 1 }, new Date(5)] as never);
    expect(asked).toEqual([]);
  });

  test("a sparse array of four thousand million elements", async () => {
    const array: unknown[] = [];
    array[2 ** 32 - 2] = "last";
    array[5] = "early";
    const received = await pool.run(echo<unknown[]>, [array]);
    expect(received.length).toBe(2 ** 32 - 1);
    expect(Object.entries(received)).toEqual([
      ["5", "early"],
      ["4294967294", "last"],
    ]);
  });

  test("keys that mean something to the language, and nothing is polluted, on either side", async () => {
    const object = JSON.parse(
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}, "toString": 3}',
    ) as object;
    const isClean = (value: object): [boolean, string[]] => [
      !("polluted" in {}) && !("polluted" in value),
      Object.keys(value),
    ];
    expect(await pool.run(isClean, [object])).toEqual([
      true,
      ["__proto__", "constructor", "toString"],
    ]);
    const received = await pool.run(echo<object>, [object]);
    expect(Object.getPrototypeOf(received)).toBe(Object.prototype);
    expect(isClean(received)).toEqual([true, ["__proto__", "constructor", "toString"]]);
    expect("polluted" in {}).toBe(false);
  });
});

describe("an argument that ends the pool while it is read", () => {
  test.each(["terminate", "close"] as const)(
    "by %s: its request is not left pending",
    async (end) => {
      const ending = new ThreadPool(1);
      const argument = {
        get a(): number {
          void ending[end]();
          return 1;
        },
      };
      const outcome = ending.run(echo, [argument]);
      const [settled] = await Promise.allSettled([outcome]);
      if (settled.status === "fulfilled") expect([end, settled.value]).toEqual(["close", { a: 1 }]);
      else expect(settled.reason).toBeInstanceOf(PoolClosed);
      expect(ending.workRequests.size).toBe(0);
      await ending.close();
    },
  );
});
