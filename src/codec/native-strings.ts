/**
 * Buffer's own string methods, which work on any Uint8Array, shared memory included, and
 * read stable copies. Bun and Node have them; bun-types does not.
 */
interface NativeStringMethods {
  latin1Write(this: Uint8Array, text: string, offset: number): number;
  utf8Write(this: Uint8Array, text: string, offset: number): number;
  ucs2Write(this: Uint8Array, text: string, offset: number): number;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
}

const methods: NativeStringMethods = Object(Buffer.prototype);

/** Writes one byte a character, which must be Latin-1; returns the bytes written. */
export function writeLatin1(bytes: Uint8Array, text: string, offset: number): number {
  return methods.latin1Write.call(bytes, text, offset);
}

/** Writes UTF-8; returns the bytes written: as many as characters only for ASCII. */
export function writeUtf8(bytes: Uint8Array, text: string, offset: number): number {
  return methods.utf8Write.call(bytes, text, offset);
}

/** Writes two bytes a code unit, lone surrogates included; returns the bytes written. */
export function writeUcs2(bytes: Uint8Array, text: string, offset: number): number {
  return methods.ucs2Write.call(bytes, text, offset);
}

/** Reads one byte a character. */
export function readLatin1(bytes: Uint8Array, start: number, end: number): string {
  return methods.latin1Slice.call(bytes, start, end);
}

/** Reads two bytes a code unit; `start` may be odd. */
export function readUcs2(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= UCS2_SLICE_MAX) return methods.ucs2Slice.call(bytes, start, end);
  const middle = start + UCS2_SLICE_MAX;
  return methods.ucs2Slice.call(bytes, start, middle) + readUcs2(bytes, middle, end);
}

/** In bytes, and even: Bun takes them for characters, of which a string has at most 2^31 - 1. */
const UCS2_SLICE_MAX = 2 ** 30;
