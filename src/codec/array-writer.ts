import { engine, Proxy } from "../runtime/index.ts";
import { propertySegment, unwound } from "./refusal.ts";
import { HOLE, HOLES, NAMED_ARRAY } from "./tags.ts";
import type { ValueWriter } from "./value-writer.ts";

/** A run of more holes than these is written as one HOLES, and is read into sparse storage. */
const SHORT_HOLES_MAX = 1024;

/** Writes the length and the elements of an array, with its holes. */
export function writeElements(writer: ValueWriter, array: readonly unknown[]): void {
  const { length } = array;
  writer.writeCount(length);
  let holes = 0;
  let index = 0;
  try {
    for (; index < length; index++) {
      const value = array[index];
      if (value === undefined && !Object.hasOwn(array, index)) {
        if (++holes > SHORT_HOLES_MAX) break;
        writer.writeByte(HOLE);
      } else {
        holes = 0;
        writer.writeValue(value);
      }
    }
  } catch (thrown) {
    throw unwound(thrown, `[${index}]`);
  }
  if (index < length) writeSparse(writer, array, index, length);
}

/**
 * Writes the elements from `start` to `length` by their keys: the next element may be four thousand million holes away,
 * too far to look at each index.
 */
function writeSparse(
  writer: ValueWriter,
  array: readonly unknown[],
  start: number,
  length: number,
): void {
  let next = start;
  for (const key of Object.keys(array)) {
    const index = Number(key);
    if (!(index >= next && index < length && String(index) === key && Number.isInteger(index)))
      continue;
    writeHoles(writer, index - next);
    try {
      writer.writeValue(array[index]);
    } catch (thrown) {
      throw unwound(thrown, `[${index}]`);
    }
    next = index + 1;
  }
  writeHoles(writer, length - next);
}

function writeHoles(writer: ValueWriter, count: number): void {
  if (count > SHORT_HOLES_MAX) {
    writer.writeByte(HOLES);
    writer.writeCount(count);
  } else {
    for (let hole = 0; hole < count; hole++) writer.writeByte(HOLE);
  }
}

const NO_NAMES: readonly string[] = [];

/**
 * Whether an object is an array that has elements and nothing else, and no Proxy of an array. False says nothing.
 *
 * To list the keys of an array takes many times as long as to write its elements. So the engine is asked how much memory
 * the array takes beside its elements: arrays without other properties all take the same, and others take more.
 */
export function isBareArray(object: object): boolean {
  try {
    return Array.isArray(object) && sizeBesideElements(object) === sizeOfBare;
  } catch {
    // A revoked Proxy.
    return false;
  }
}

/** The names of an array's own enumerable properties that are no elements, such as the `index` and `groups` of a match. */
export function namesOf(array: readonly unknown[]): readonly string[] {
  const keys = Object.keys(array);
  let end = keys.length;
  // The names come last.
  while (end > 0 && !isIndex(keys[end - 1]!)) end--;
  return end === keys.length ? NO_NAMES : keys.slice(end);
}

/** Whether a key is the index of an element. */
export function isIndex(key: string): boolean {
  const index = Number(key) >>> 0;
  return String(index) === key && index !== INDEX_END;
}

/** No index is as large as this. */
const INDEX_END = 0xffff_ffff;

/** Writes an array that has other properties than elements. */
export function writeNamedArray(
  writer: ValueWriter,
  array: readonly unknown[],
  names: readonly string[],
): void {
  writer.writeByte(NAMED_ARRAY);
  writer.writeCount(names.length);
  for (const name of names) {
    try {
      const value: unknown = Reflect.get(array, name);
      writer.writeString(name);
      writer.writeValue(value);
    } catch (thrown) {
      throw unwound(thrown, propertySegment(name));
    }
  }
  writeElements(writer, array);
}

/** Replaced by the engine's own function when it is used first; a worker that sends no array need not load that. */
let sizeBesideElements = (array: object): number => {
  const sizeOf = engine().estimateShallowMemoryUsageOf as (object: object) => number;
  const size = sizeOf([1]);
  const others = [Object.assign([1], { name: 1 }), new Proxy([1], {})];
  sizeOfBare = others.every((other) => sizeOf(other) > size) ? size : NEVER;
  sizeBesideElements = sizeOf;
  return sizeOf(array);
};
/** The size of a bare array; `NEVER`, so that the keys of all arrays are listed, when the engine does not tell them apart. */
let sizeOfBare = -1;
const NEVER = -1;
