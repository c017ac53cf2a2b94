/*
 * The bytes of an encoded value. The first byte of each value in it is a tag.
 *
 * ```text
 * encoded  = header value contents* [directory bulk footer] | bare
 * header   one byte: a sum of HAS_REFERENCES and HAS_BUFFERS
 * bare     BARE_VIEW or BARE_ARGUMENT, the kind of the view, its bytes at their `bulkStart`: see `bare-bytes.ts`
 * contents those of each DEFERRED object, in the order of these
 * value    one of the tags below, then what the table says
 * count    unsigned LEB128, at most 2^53 - 1
 * ```
 *
 * | first byte | value | followed by |
 * | --- | --- | --- |
 * | 80..ff | integer 0..127 | |
 * | 40..7f | Latin-1 string of 0..63 characters | its bytes |
 * | 00..3f | the tags below | see each |
 *
 * Arrays, plain objects and everything else that has an identity are numbered in the order in which they begin, by
 * encoder and decoder alike. REFERENCE names an earlier one. The decoder keeps the numbers only when HAS_REFERENCES is
 * set.
 *
 * The bytes of ArrayBuffers stand at the end (`bulk`), because how much of a buffer must travel is known only when all
 * its views have been met: see `buffer-table.ts`. The directory is a count, then for each buffer a byte (RESIZABLE,
 * SOLE, MOVED or 0), the offset of its first byte in the sender's buffer, its length, and, if it is resizable, its
 * maxByteLength, or, if it is moved, the index of the handle that has its bytes. The bulk bytes of the others follow in the same order, each at its `bulkStart`. The footer is the offset of the
 * directory, from the beginning of the encoded value, as a float64.
 *
 * Numbers are little-endian: encoder and decoder run on one machine, and Bun runs on little-endian machines only.
 */

/** Header of an encoded value without references and buffers. */
export const NO_HEADER = 0;
/** Header bit: the encoded value holds at least one REFERENCE. */
export const HAS_REFERENCES = 1;
/** Header bit: the encoded value ends with a directory, bulk bytes and a footer. */
export const HAS_BUFFERS = 2;

/** In the place of a header: the encoded value is one view. */
export const BARE_VIEW = 4;
/** In the place of a header: the encoded value is an array of one view. */
export const BARE_ARGUMENT = 5;
/** Whether a header is one of these. */
export function isBare(header: number): boolean {
  return header === BARE_VIEW || header === BARE_ARGUMENT;
}
/** Bytes before those of a bare view. */
export const BARE_PREFIX_BYTES = 2;

/** Tag bit of the integers 0..127; the other bits are the integer. */
export const SMALL_INTEGER = 0x80;
/** Tag bit of short Latin-1 strings; the other bits are the length. */
export const SHORT_STRING = 0x40;
/** The longest string whose length fits in its tag. */
export const SHORT_STRING_MAX = 0x3f;

/** undefined; nothing follows */
export const UNDEFINED = 0x01;
/** null; nothing follows */
export const NULL = 0x02;
/** true; nothing follows */
export const TRUE = 0x03;
/** false; nothing follows */
export const FALSE = 0x04;
/** int32 */
export const INT32 = 0x05;
/** float64 */
export const FLOAT64 = 0x06;
/** count of characters, Latin-1 bytes */
export const STRING8 = 0x07;
/** count of UTF-16 code units, the units: lone surrogates survive */
export const STRING16 = 0x08;
/** int64 */
export const BIGINT64 = 0x09;
/** string of hexadecimal digits, after a minus sign if negative */
export const BIGINT_HEX = 0x0a;
/** count of elements; each a value, or HOLE, or HOLES */
export const ARRAY = 0x0b;
/** one missing element; only in ARRAY */
export const HOLE = 0x0c;
/** count of missing elements, for a long run of them; only in ARRAY */
export const HOLES = 0x0d;
/** count of properties; for each a string and a value */
export const OBJECT = 0x0e;
/** as OBJECT, with a null prototype */
export const NULL_PROTOTYPE_OBJECT = 0x0f;
/** string: the registered name; then as OBJECT */
export const INSTANCE = 0x10;
/** count: the number of an object that began earlier */
export const REFERENCE = 0x11;
/** key, value, key, value, END */
export const MAP = 0x12;
/** values, END */
export const SET = 0x13;
/** ends MAP, SET, and the properties of ERROR */
export const END = 0x14;
/** float64: milliseconds, NaN for an invalid date */
export const DATE = 0x15;
/** two strings: source, flags */
export const REGEXP = 0x16;
/** a primitive value: the one in a Number, String, Boolean or BigInt object */
export const BOXED = 0x17;
/** see error-codec.ts */
export const ERROR = 0x18;
/** count: an ArrayBuffer by its index in the directory */
export const BUFFER = 0x19;
/** count: an entry of `handles` */
export const HANDLE = 0x1a;
/** view kind; BUFFER, HANDLE or NAMED_BUFFER with its count; byte offset and length, both counts */
export const VIEW = 0x1b;
/** string: the href */
export const URL_TAG = 0x1c;
/** string: the query */
export const URL_SEARCH_PARAMS = 0x1d;
/** name and value strings, END */
export const HEADERS = 0x1e;
/** count: a SharedArrayBuffer by a number that encoder and decoder have agreed on before */
export const NAMED_BUFFER = 0x20;
/** string: the registered name; then the value that the `encode` of the class has returned */
export const ENCODED = 0x21;
/** the properties as in OBJECT, then as ARRAY */
export const NAMED_ARRAY = 0x22;
/**
 * OBJECT, NULL_PROTOTYPE_OBJECT, INSTANCE with its name, or ARRAY, without its contents: these follow the value,
 * because the object is nested deeply
 */
export const DEFERRED = 0x1f;

/**
 * Objects and arrays nested deeper than this are deferred, so that long chains, such as linked lists, need no deep
 * stack.
 */
export const DEPTH_MAX = 512;
/** Objects that are never deferred, such as a Map in a Map, may not be nested deeper than this. */
export const RECURSION_MAX = 1000;

/** In the directory: the buffer's maxByteLength follows. */
export const RESIZABLE = 1;
/** In the directory: the value refers to the buffer only once. */
export const SOLE = 2;
/** In the directory: the bytes come as a handle, an ArrayBuffer of that length. Its index follows. */
export const MOVED = 4;
/** Bytes of the footer. */
export const FOOTER_BYTES = 8;

/**
 * The largest sum, in bytes, to which the resizable buffers of one value may grow. Each buffer reserves its addresses
 * at once, and the engine ends a process that has no more addresses.
 */
export const RESERVED_BYTES_MAX: number = 2 ** 37;

/**
 * The bytes that a resizable buffer counts for in that sum. At most 1,024 small buffers are allowed, because making one
 * takes a fifth of a millisecond.
 */
export function reservedBytes(maxByteLength: number): number {
  return Math.max(maxByteLength, RESERVED_BYTES_MAX / 1024);
}

const ALIGNED_MIN = 1024;
const ALIGNMENT = 64;

/**
 * The offset at which bulk bytes of a given length begin, after bytes that end at `end`.
 *
 * Long ones are aligned. A copy whose target lies 1 to 15 bytes after its source, modulo the 4,096 bytes of a page,
 * takes ten times as long (64 KB: 19 µs instead of 1.3 µs), because the processor takes such loads for loads of what
 * was just stored. Large sources begin at the start of a page, so an aligned target avoids this.
 */
export function bulkStart(end: number, length: number): number {
  return length < ALIGNED_MIN ? end : Math.ceil(end / ALIGNMENT) * ALIGNMENT;
}
