/**
 * Buffer's own string methods, which work on any Uint8Array, shared memory included, and
 * return stable copies. They are documented by Node only in part, and untyped in bun-types.
 *
 * Each is called as `method.call(bytes, …)`: a Buffer over the same memory is not needed.
 */
interface NativeStringMethods {
  latin1Write(this: Uint8Array, text: string, offset: number): number;
  utf8Write(this: Uint8Array, text: string, offset: number): number;
  ucs2Write(this: Uint8Array, text: string, offset: number): number;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
}

const methods: NativeStringMethods = Buffer.prototype as unknown as NativeStringMethods;

/** Writes one byte a character, which must be Latin-1; returns the bytes written. */
export const latin1Write: NativeStringMethods["latin1Write"] = methods.latin1Write;
/** Writes UTF-8; returns the bytes written: as many as characters only for ASCII. */
export const utf8Write: NativeStringMethods["utf8Write"] = methods.utf8Write;
/** Writes two bytes a code unit; returns the bytes written. */
export const ucs2Write: NativeStringMethods["ucs2Write"] = methods.ucs2Write;
/** Reads one byte a character. */
export const latin1Slice: NativeStringMethods["latin1Slice"] = methods.latin1Slice;
/** Reads two bytes a code unit, lone surrogates and odd offsets included. */
export const ucs2Slice: NativeStringMethods["ucs2Slice"] = methods.ucs2Slice;
