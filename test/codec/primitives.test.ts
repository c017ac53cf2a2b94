import { describe, expect, test } from "bun:test";
import { expectSame } from "./deep-equal.ts";
import { encodedOf, roundTrip } from "./round-trip.ts";

describe("numbers", () => {
  const numbers = [
    0,
    -0,
    1,
    -1,
    127,
    128,
    -128,
    255,
    256,
    65_535,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31,
    2 ** 32,
    1e21,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    Number.EPSILON,
    0.1,
    -2.5,
    NaN,
    Infinity,
    -Infinity,
    Date.now(),
  ];

  test.each(numbers)("%p arrives as it is", (value) => {
    expect(roundTrip(value)).toBe(value);
  });

  test("small integers take one byte, int32 five, others nine", () => {
    expect([5, 127, 128, -1, 2 ** 31, 0.5, -0].map((value) => encodedOf(value).length - 1)).toEqual(
      [1, 1, 5, 5, 9, 9, 9],
    );
  });
});

describe("strings", () => {
  const characters = {
    Latin: "a",
    "Latin-1": "é",
    Chinese: "語",
    "an emoji": "😀",
    "a lone surrogate": "\ud800",
  };
  const lengths = [1, 2, 12, 23, 24, 25, 62, 63, 64, 65, 127, 128, 16_383, 16_384, 16_385, 70_000];

  for (const [name, character] of Object.entries(characters)) {
    test(`of ${name} arrive at every length at which the encoding changes`, () => {
      for (const length of lengths) {
        const text = character.repeat(length);
        expect(roundTrip(text) === text).toBe(true);
        const mixed = `${"x".repeat(length)}${character}${"y".repeat(length)}`;
        expect(roundTrip(mixed) === mixed).toBe(true);
      }
    });
  }

  test("with both halves of a surrogate pair in the wrong order arrive as they are", () => {
    const text = "a\udc00\ud800b\ud800";
    expect(roundTrip(text)).toBe(text);
  });

  test("take one byte for each Latin-1 character, else two bytes for each code unit", () => {
    expect(["abc", "é÷ÿ", "語語語"].map((value) => encodedOf(value).length)).toEqual([5, 5, 9]);
  });

  test("that are empty, have NUL characters, or are built by concatenation arrive", () => {
    let rope = "";
    for (let part = 0; part < 100; part++) rope += `part ${part} `;
    for (const text of ["", "\0", "a\0b", "\u00ff", "\u0100", rope])
      expect(roundTrip(text)).toBe(text);
  });
});

describe("bigints", () => {
  const bigints = [
    0n,
    1n,
    -1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    2n ** 63n,
    -(2n ** 63n) - 1n,
    3n ** 5000n,
    -(3n ** 5000n),
  ];

  test.each(bigints.map((value) => [value.toString(16).slice(0, 20), value] as const))(
    "0x%s… arrives",
    (_, value) => {
      expect(roundTrip(value)).toBe(value);
    },
  );
});

test("null, undefined and booleans arrive", () => {
  for (const value of [null, undefined, true, false]) expect(roundTrip(value)).toBe(value as never);
});

test("boxed primitives arrive boxed", () => {
  for (const value of [
    Object(5),
    Object(-0),
    Object("text"),
    Object(false),
    Object(7n),
  ] as object[]) {
    const received = roundTrip(value);
    expect(typeof received).toBe("object");
    expectSame(received, value);
  }
});
