import { describe, expect, test } from "bun:test";
import { registerClass } from "../../src/codec/index.ts";
import { Decoder, Encoder } from "../../src/codec/objects.ts";
import type { PayloadError } from "../../src/errors.ts";
import { expectSame } from "./deep-equal.ts";
import { encodedOf, refusalOf, roundTrip } from "./round-trip.ts";

/** An instance is its private field: properties alone cannot rebuild it. */
class Money {
  readonly #cents: bigint;
  constructor(cents: bigint) {
    this.#cents = cents;
  }
  get cents(): bigint {
    return this.#cents;
  }
}
registerClass(Money, { encode: (money) => money.cents, decode: (cents) => new Money(cents) });

/** A built-in class with more than its entries. */
class Counter extends Map<string, number> {
  readonly initial: number;
  constructor(initial: number, entries: [string, number][] = []) {
    super(entries);
    this.initial = initial;
  }
}
registerClass(Counter, {
  encode: ({ initial, ...rest }: Counter & { rest?: unknown }) =>
    [initial, rest] as [number, object],
  decode: ([initial]) => new Counter(initial),
});

class Box {
  content: unknown;
  constructor(content: unknown) {
    this.content = content;
  }
}
registerClass(Box, {
  encode: ({ content }) => ({ content }),
  decode: ({ content }) => new Box(content),
});

class Failing extends Error {
  readonly #code: number;
  constructor(code: number) {
    super(`code ${code}`);
    this.#code = code;
  }
  get ownCode(): number {
    return this.#code;
  }
}
registerClass(Failing, { encode: ({ ownCode }) => ownCode, decode: (code) => new Failing(code) });
class FailingBelow extends Failing {}

describe("a class with encode and decode", () => {
  test("has its instances made by decode, of what encode has returned", () => {
    const received = roundTrip({ price: new Money(5n), list: [new Money(-1n)] });
    expect([received.price, received.list[0]].map((money) => money!.cents)).toEqual([5n, -1n]);
    expect(received.price).toBeInstanceOf(Money);
  });

  test("may extend a built-in class, or an error", () => {
    expect(roundTrip(new Counter(3))).toBeInstanceOf(Counter);
    expect(roundTrip(new Counter(3)).initial).toBe(3);
    expect(roundTrip(new Failing(7)).ownCode).toBe(7);
  });

  test("may be a class of the platform that cannot cross by itself", () => {
    registerClass(FormData, {
      encode: (form) => [...(form as unknown as Iterable<[string, string]>)],
      decode: (entries) =>
        entries.reduce((form, [name, value]) => (form.append(name, value), form), new FormData()),
    });
    const form = new FormData();
    form.append("a", "1");
    expect(roundTrip({ form }).form.get("a")).toBe("1");
  });

  test("keeps shared references, inside and outside of what encode returns", () => {
    const shared = { x: 1 };
    const money = new Money(1n);
    const received = roundTrip([
      new Box(shared),
      shared,
      new Box([money, money]),
      money,
      new Box(new Box(shared)),
    ]);
    const [first, plain, second, again, third] = received as [Box, object, Box, Money, Box];
    expect(first.content).toBe(plain);
    expect((second.content as Money[]).map((item) => item === again)).toEqual([true, true]);
    expect((third.content as Box).content).toBe(plain);
  });

  test("may hold what is around it, if that is no such instance", () => {
    const outer: { box?: Box; list: unknown[] } = { list: [] };
    outer.box = new Box([outer, outer.list]);
    const received = roundTrip(outer);
    expect((received.box!.content as unknown[])[0]).toBe(received);
    expect((received.box!.content as unknown[])[1]).toBe(received.list);
  });

  test("is refused when what encode returns holds the instance, and the path says where", () => {
    const box = new Box(undefined);
    box.content = [{ back: box }];
    const refusal = refusalOf([box]);
    expect(refusal.path).toBe("args[0].encode().content[0].back");
    expect(refusal.message).toContain("must not hold");
    const inner = new Box(undefined);
    const around = new Box([inner]);
    inner.content = around;
    expect(refusalOf(around).path).toBe("args.encode().content[0].encode().content");
  });

  test("gets the whole of what encode has returned, however deep it is", () => {
    let deep: unknown = "end";
    for (let level = 0; level < 900; level++) deep = [deep];
    let seen = 0;
    class Deep {
      readonly value = deep;
    }
    registerClass(Deep, {
      name: "encoded.Deep",
      encode: ({ value }) => value,
      decode: (value) => {
        for (let at = value; Array.isArray(at); at = at[0] as unknown) seen++;
        return new Deep();
      },
    });
    roundTrip(new Deep());
    expect(seen).toBe(900);
    for (let level = 0; level < 200; level++) deep = [deep];
    expect(refusalOf(new Deep()).message).toContain("nested too deeply");
  });

  test("may be in values of any depth", () => {
    let value: unknown = new Money(8n);
    for (let level = 0; level < 5000; level++) value = { value };
    let received = roundTrip(value);
    while (!(received instanceof Money)) received = (received as { value: unknown }).value;
    expect(received.cents).toBe(8n);
  });

  test("is not meant for its subclasses", () => {
    class Sub extends Money {}
    expect(refusalOf(new Sub(1n)).message).toContain(
      "an instance of Sub, a class that is not registered",
    );
    expect(roundTrip(new FailingBelow(1) as Error).constructor).toBe(Error);
    registerClass(Sub);
    expect(roundTrip(new Sub(1n))).toBeInstanceOf(Sub);
  });

  test("may return what cannot cross, which is refused with its path", () => {
    expect(refusalOf({ a: new Box(() => 0) }).path).toBe("args.a.encode().content");
  });
});

describe("a function that throws", () => {
  const cause = new RangeError("not now");
  class Bad {
    readonly side: string;
    constructor(side: string) {
      this.side = side;
    }
  }
  registerClass(Bad, {
    encode: ({ side }) => {
      if (side === "encode") throw cause;
      return side;
    },
    decode: (side) => {
      if (side === "decode") throw cause;
      return side as unknown as Bad;
    },
  });

  test("in encode gives a PayloadError with the path, the class and what it threw", () => {
    const refusal = refusalOf([{ x: new Map([["k", new Bad("encode")]]) }]);
    expect(refusal.message).toBe(
      'args[0].x.get("k") could not be encoded: the encode of Bad has thrown RangeError: not now. path=args[0].x.get("k")',
    );
    expect(refusal.cause).toBe(cause);
  });

  test.each<[unknown, string]>([
    [[1, { x: new Bad("decode") }], "args[1].x"],
    [[new Box([new Bad("decode")])], "args[0].encode().content[0]"],
    [{ list: Object.assign([1], { named: new Bad("decode") }) }, "args.list.named"],
    [new Error("e", { cause: new Bad("decode") }), "args.cause"],
    [new Set([1, new Bad("decode")]), "args.values()[1]"],
    [new Map([["k", new Bad("decode")]]), "args.values()[0]"],
    [new Bad("decode"), "args"],
  ])("in decode gives one too: %#", (value, path) => {
    const encoded = encodedOf(value);
    const decoder = new Decoder(undefined, "args");
    const error = thrownBy(() => decoder.decode(encoded, 0, encoded.length)) as PayloadError;
    expect([error.name, error.path, error.cause]).toEqual(["PayloadError", path, cause]);
    expect(error.message).toBe(
      `${path} could not be decoded: the decode of Bad has thrown RangeError: not now. path=${path}`,
    );
    const next = encodedOf([1, { a: 2 }]);
    expect(decoder.decode(next, 0, next.length)).toEqual([1, { a: 2 }]);
  });

  test("a decode that returns no object is told so", () => {
    const encoded = encodedOf([new Bad("neither")]);
    expect(() => new Decoder().decode(encoded, 0, encoded.length)).toThrow(
      /must return an instance, and has returned "neither"/,
    );
  });

  test("in an error that is thrown costs only the part that it belongs to", () => {
    const encoder = new Encoder();
    const error = Object.assign(new TypeError("kept"), {
      bad: new Bad("encode"),
      good: new Money(4n),
    });
    const length = encoder.encodeLenient(error, "error");
    const received = new Decoder().decode(encoder.bytes, 0, length) as typeof error;
    expect([received.message, Object.keys(received), received.good.cents]).toEqual([
      "kept",
      ["good"],
      4n,
    ]);
  });
});

test("a class that the other thread has registered in another way is refused, and both ways are named", () => {
  class Twofold {
    x = 1;
  }
  registerClass(Twofold, { name: "encoded.Plain1" });
  const plain = encodedOf(new Twofold());
  class Other {
    x = 1;
  }
  registerClass(Other, { name: "encoded.Pair_1", encode: () => 1, decode: () => new Other() });
  const pair = encodedOf(new Other());
  plain.set(Buffer.from("encoded.Pair_1"), Buffer.from(plain).indexOf("encoded.Plain1"));
  pair.set(Buffer.from("encoded.Plain1"), Buffer.from(pair).indexOf("encoded.Pair_1"));
  for (const bytes of [plain, pair])
    expect(() => new Decoder().decode(bytes, 0, bytes.length)).toThrow(
      /register it once, in a module that is loaded in both/,
    );
});

test("a decode function that makes its decoder decode gets a PayloadError", () => {
  const decoder = new Decoder();
  const inner = encodedOf([1]);
  class Nested {
    x = 1;
  }
  registerClass(Nested, {
    name: "encoded.Nested",
    encode: () => 1,
    decode: () => decoder.decode(inner, 0, inner.length) as Nested,
  });
  const encoded = encodedOf(new Nested());
  expect(() => decoder.decode(encoded, 0, encoded.length)).toThrow(
    /decode function of registerClass made the pool read/,
  );
  expect(decoder.decode(inner, 0, inner.length)).toEqual([1]);
  expectSame(roundTrip([1]), [1]);
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return expect.unreachable();
}
