import { readLatin1 } from "./native-strings.ts";

/** A power of two; a slot holds the last key that fell into it. */
const SLOTS = 1024;
/** Longer keys are rare, and made anew. */
const KEY_MAX = 32;

/** Filled without a loop, which the engine would compile in each worker: half a megabyte and half a millisecond. */
const keys: string[] = Array<string>(SLOTS).fill("");
const keyLengths = new Uint8Array(SLOTS);
/** The bytes of each key, to compare with: that is five times as fast as its characters. */
const keyBytes = new Uint8Array(SLOTS * KEY_MAX);

/**
 * A short Latin-1 string from bytes, which is usually one that has been read before.
 *
 * Keys come again and again. A known one is found by its bytes in a quarter of the time that
 * making a string takes; and it is the engine's own string for that property name, with
 * which the property is then set in a third of the time.
 *
 * @param start first byte of the string; `start` to `start + length` lies within `bytes`
 */
export function cachedKey(bytes: Uint8Array, start: number, length: number): string {
  if (length > KEY_MAX) return readLatin1(bytes, start, start + length);
  let hash = length;
  for (let index = 0; index < length; index++) {
    hash = (Math.imul(hash, 31) + bytes[start + index]!) | 0;
  }
  const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
  if (keyLengths[slot] === length) {
    const at = slot * KEY_MAX;
    let same = 0;
    while (same < length && keyBytes[at + same] === bytes[start + same]) same++;
    if (same === length) return keys[slot]!;
  }
  return remember(bytes, start, length, slot);
}

function remember(bytes: Uint8Array, start: number, length: number, slot: number): string {
  const at = slot * KEY_MAX;
  for (let index = 0; index < length; index++) keyBytes[at + index] = bytes[start + index]!;
  const text = readLatin1(keyBytes, at, at + length);
  // Back out of an object, it is the string that the engine keeps for the property name.
  const key = Object.keys({ [text]: 0 })[0] ?? text;
  keyLengths[slot] = length;
  keys[slot] = key;
  return key;
}
