import { describe, expect, test } from "bun:test";
import { receiveMessageOnPort } from "node:worker_threads";
import { Encoder } from "../../src/codec/index.ts";
import { expectSame } from "./deep-equal.ts";
import { roundTrip } from "./round-trip.ts";

test("dates arrive, invalid ones and the limits included", () => {
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

describe("handles", () => {
  test("carry Blob and File, once each", async () => {
    const blob = new Blob(["some text"], { type: "text/plain" });
    const file = new File(["in a file"], "name.txt");
    const received = roundTrip({ blob, again: blob, file });
    expect(received.blob).toBe(received.again);
    expect(await received.blob.text()).toBe("some text");
    expect(received.file).toBeInstanceOf(File);
    expect(received.file.name).toBe("name.txt");
    expect(await received.file.text()).toBe("in a file");
  });

  test("carry CryptoKey", async () => {
    const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    const received = roundTrip([key])[0]!;
    expect(received).toBeInstanceOf(CryptoKey);
    expect(await crypto.subtle.exportKey("jwk", received)).toEqual(
      await crypto.subtle.exportKey("jwk", key),
    );
  });

  test("move a MessagePort, listed in transfer or not", () => {
    for (const listed of [true, false]) {
      const { port1, port2 } = new MessageChannel();
      const received = roundTrip({ port: port2 }, listed ? [port2] : []);
      port1.postMessage("through the moved port");
      expect(receiveMessageOnPort(received.port as never)).toEqual({
        message: "through the moved port",
      });
      port1.close();
    }
  });

  test("are the shared empty array for ordinary values", () => {
    const encoder = new Encoder();
    encoder.encode([1, { a: "x" }, new Uint8Array(5)], "args");
    const { handles, transferList } = encoder;
    expect(handles).toEqual([]);
    encoder.encode("other", "args");
    expect(encoder.handles).toBe(handles);
    expect(encoder.transferList).toBe(transferList);
  });

  test("that were handed out are not changed by the next value", () => {
    const encoder = new Encoder();
    const blob = new Blob([]);
    encoder.encode([blob], "args");
    const { handles } = encoder;
    encoder.encode([1], "args");
    expect(handles).toEqual([blob]);
    expect(encoder.handles).toEqual([]);
  });
});
