import { expect, test } from "bun:test";
import { expectSame } from "./deep-equal.ts";
import { roundTrip } from "./round-trip.ts";

test("dates arrive, also invalid ones and the first and last", () => {
  for (const time of [0, -1, 8.64e15, -8.64e15, NaN, 1_700_000_000_000])
    expectSame(roundTrip(new Date(time)), new Date(time));
});

test("regular expressions keep source and flags, and start at index 0", () => {
  for (const expression of [/a/, /(?<x>\/)[é]/gimsuy, new RegExp(""), /\p{L}/v, /d/d])
    expectSame(roundTrip(expression), expression);
  const used = /a/g;
  used.test("aa");
  expect(used.lastIndex).toBe(1);
  expect(roundTrip(used).lastIndex).toBe(0);
});

test("URL and URLSearchParams arrive", () => {
  const url = new URL("https://user:p%20w@example.org:8080/päth?q=1&q=2#frag");
  const parameters = new URLSearchParams([
    ["a", "1 2"],
    ["a", "&="],
    ["é", ""],
  ]);
  expectSame(roundTrip({ url, parameters }), { url, parameters });
  expect(roundTrip(url).searchParams.getAll("q")).toEqual(["1", "2"]);
});

test("Headers keep repeated cookies apart", () => {
  const headers = new Headers([
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
    ["X-One", "1"],
    ["Accept", "x"],
    ["Accept", "y"],
  ]);
  const received = roundTrip(headers);
  expectSame(received, headers);
  expect(received.getSetCookie()).toEqual(["a=1", "b=2"]);
});
