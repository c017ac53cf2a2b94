import { latin1Slice } from "./native-strings.ts";

/** A power of two; a slot holds the last key that fell into it. */
const SLOTS = 1024;

const cached: string[] = Array.from({ length: SLOTS }, () => "");

/**
 * A short Latin-1 string from bytes, which is usually one that has been read before.
 *
 * Keys come again and again. Finding a known one by its bytes takes a third of the time of
 * making a string, and gives the engine the very string that it has met as a property name.
 *
 * @param start first byte of the string; `start` to `end` lies within `bytes`
 */
export function cachedKey(bytes: Uint8Array, start: number, end: number): string {
  let hash = end - start;
  for (let index = start; index < end; index++) hash = (Math.imul(hash, 31) + bytes[index]!) | 0;
  const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
  const candidate = cached[slot]!;
  if (isSame(candidate, bytes, start, end)) return candidate;
  const key = latin1Slice.call(bytes, start, end);
  cached[slot] = key;
  return key;
}

function isSame(candidate: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (candidate.length !== end - start) return false;
  for (let index = start; index < end; index++) {
    if (candidate.charCodeAt(index - start) !== bytes[index]) return false;
  }
  return true;
}
