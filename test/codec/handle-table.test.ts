import { describe, expect, test } from "bun:test";
import { receiveMessageOnPort } from "node:worker_threads";
import { Encoder } from "../../src/codec/objects.ts";
import { expectSame } from "./deep-equal.ts";
import { refusalOf, roundTrip } from "./round-trip.ts";

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

  test("move a MessagePort, whether or not it is listed in transfer", () => {
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

  test("are one shared empty array for ordinary values", () => {
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

describe("transfer", () => {
  test("moves an ArrayBuffer, and rebuilds the views on it", () => {
    const buffer = Uint8Array.from({ length: 4096 }, (_, index) => index * 7).buffer;
    const value = { buffer, view: new Uint16Array(buffer, 10, 4), part: Buffer.from(buffer, 3, 5) };
    const copy = structuredClone({ buffer, view: value.view });
    const part = value.part.toString("hex");
    const received = roundTrip(value, [buffer, buffer]);
    expect(buffer.detached).toBe(true);
    expectSame({ buffer: received.buffer, view: received.view }, copy);
    expect(received.part.toString("hex")).toBe(part);
    expect(received.part.buffer).toBe(received.buffer);
  });

  test("moves a listed buffer that is not in the value, as structured clone does", () => {
    const buffer = new ArrayBuffer(8);
    expect(roundTrip([1], [buffer])).toEqual([1]);
    expect(buffer.detached).toBe(true);
  });

  test("refuses an item that cannot be moved, and names it", () => {
    const detached = new ArrayBuffer(1);
    detached.transfer();
    const items: [object, string][] = [
      [new SharedArrayBuffer(1), "leave it out"],
      [new Uint8Array(1), "list its buffer"],
      [Buffer.alloc(1), "list its buffer"],
      [detached, "moved already"],
      [{}, "only ArrayBuffers and MessagePorts"],
      [new ReadableStream(), "only ArrayBuffers and MessagePorts"],
      [new Proxy(new ArrayBuffer(1), {}), "only ArrayBuffers and MessagePorts"],
    ];
    for (const [item, advice] of items) {
      const untouched = new ArrayBuffer(4);
      const refusal = refusalOf([untouched], "args", [untouched, item]);
      expect(refusal.path).toBe("transfer[1]");
      expect(refusal.message).toContain(advice);
      expect(untouched.detached).toBe(false);
    }
  });

  test("moves nothing when the last item turns out to be unmovable, and names that item", () => {
    const closed = new MessageChannel().port1;
    closed.close();
    const moved = new MessageChannel().port1;
    new MessageChannel().port1.postMessage(moved, [moved]);
    const items: [object, string][] = [
      [new WebAssembly.Memory({ initial: 1 }).buffer, "WebAssembly.Memory"],
      [closed, "closed"],
      [moved, "moved already"],
    ];
    for (const [item, reason] of items) {
      const buffers = [new ArrayBuffer(4), new ArrayBuffer(8, { maxByteLength: 16 })];
      const { port1, port2 } = new MessageChannel();
      const refusal = refusalOf(buffers, "args", [...buffers, port1, item]);
      expect(refusal.path).toBe("transfer[3]");
      expect(refusal.message).toContain(reason);
      expect(buffers.map((buffer) => buffer.byteLength)).toEqual([4, 8]);
      port2.postMessage("still open");
      expect(receiveMessageOnPort(port1 as never)).toEqual({ message: "still open" });
      port1.close();
    }
  });

  test("names an item that a getter of the value has moved", () => {
    const buffer = new ArrayBuffer(4);
    const kept = new ArrayBuffer(4);
    const value = {
      get moves(): number {
        return buffer.transfer().byteLength;
      },
    };
    expect(refusalOf(value, "args", [kept, buffer]).path).toBe("transfer[1]");
    expect(kept.detached).toBe(false);
  });

  test("names a closed MessagePort that is not listed by its place in the value", () => {
    const { port1 } = new MessageChannel();
    port1.close();
    expect(refusalOf([1, { port: port1 }]).path).toBe("args[1].port");
  });

  test("is not misled by own properties of a buffer", () => {
    const buffer = Object.assign(new ArrayBuffer(4), { transfer: () => 0 });
    Object.defineProperty(buffer, "detached", { value: true });
    expect(roundTrip([1], [buffer])).toEqual([1]);
    expect(buffer.byteLength).toBe(0);
  });

  test("moves nothing when the value is refused", () => {
    const buffer = new ArrayBuffer(4);
    expect(refusalOf([buffer, () => 0], "args", [buffer]).path).toBe("args[1]");
    expect(buffer.byteLength).toBe(4);
  });
});
