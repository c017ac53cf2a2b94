import { Buffer } from "../runtime/index.ts";

/**
 * Methods of Buffer that work on any Uint8Array, also on shared memory, and read a copy that does not change meanwhile.
 * Bun and Node have them, but bun-types does not declare them.
 */
interface NativeStringMethods {
  latin1Write(this: Uint8Array, text: string, offset: number): number;
  utf8Write(this: Uint8Array, text: string, offset: number): number;
  ucs2Write(this: Uint8Array, text: string, offset: number): number;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
}

const methods: NativeStringMethods = Object(Buffer.prototype);

/** Writes one byte for each character; the text must be Latin-1. Returns the number of bytes. */
export function writeLatin1(bytes: Uint8Array, text: string, offset: number): number {
  return methods.latin1Write.call(bytes, text, offset);
}

/** Writes UTF-8. Returns the number of bytes, which is the number of characters only for ASCII. */
export function writeUtf8(bytes: Uint8Array, text: string, offset: number): number {
  return methods.utf8Write.call(bytes, text, offset);
}

/** Writes two bytes for each UTF-16 code unit, also for lone surrogates. Returns the number of bytes. */
export function writeUcs2(bytes: Uint8Array, text: string, offset: number): number {
  return methods.ucs2Write.call(bytes, text, offset);
}

/** Reads one byte for each character. */
export function readLatin1(bytes: Uint8Array, start: number, end: number): string {
  return methods.latin1Slice.call(bytes, start, end);
}

/** Reads two bytes for each UTF-16 code unit; `start` may be odd. */
export function readUcs2(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= UCS2_SLICE_MAX) return methods.ucs2Slice.call(bytes, start, end);
  const middle = start + UCS2_SLICE_MAX;
  return methods.ucs2Slice.call(bytes, start, middle) + readUcs2(bytes, middle, end);
}

/**
 * Most bytes of one call; an even number. Bun counts the bytes as if they were characters, and a string has at most
 * 2^31 - 1 of these.
 */
const UCS2_SLICE_MAX = 2 ** 30;
