import { expect } from "bun:test";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { Decoder, Encoder } from "../../src/codec/objects.ts";
import type { Foreign } from "../../src/codec/index.ts";
import { PayloadError } from "../../src/errors.ts";

const encoder = new Encoder();
const decoder = new Decoder();

/**
 * Sends a value as the pool does: the bytes through shared memory, at an odd offset, and the handles through a port.
 * The bytes are overwritten when they are decoded.
 */
export function roundTrip<T>(value: T, transfer?: readonly object[], foreign?: Foreign): T {
  const length = encoder.prepare(value, "value", transfer, foreign);
  const handles = posted(encoder.handles, encoder.transferList);
  const shared = new Uint8Array(new SharedArrayBuffer(length + 20)).fill(0xa5);
  encoder.copyTo(shared, 13);
  const received = decoder.decode(shared, 13, 13 + length, handles);
  shared.fill(0xff);
  return received as T;
}

/** A copy of the encoded value, for values that need no handles. */
export function encodedOf(value: unknown): Uint8Array<ArrayBuffer> {
  const length = encoder.encode(value, "value");
  return encoder.bytes.slice(0, length);
}

/** The PayloadError that a value is refused with. */
export function refusalOf(
  value: unknown,
  root = "args",
  transfer?: readonly object[],
  foreign?: Foreign,
): PayloadError {
  try {
    encoder.encode(value, root, transfer, foreign);
  } catch (error) {
    expect(error).toBeInstanceOf(PayloadError);
    // Nothing is left to be posted, and the encoder works.
    expect(encoder.handles).toEqual([]);
    expect(encoder.transferList).toEqual([]);
    expect(roundTrip({ after: [1] })).toEqual({ after: [1] });
    return error as PayloadError;
  }
  throw new Error("The value was not refused.");
}

/** Posts handles, and returns what arrives at the other end of the port. */
export function posted(
  handles: readonly unknown[],
  transferList: readonly Bun.Transferable[],
): readonly unknown[] {
  if (handles.length === 0) return [];
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(handles, [...transferList] as never[]);
    return (receiveMessageOnPort(port2) as { message: unknown[] }).message;
  } finally {
    port1.close();
    port2.close();
  }
}
