import { unwound } from "./refusal.ts";
import { HOLE, HOLES } from "./tags.ts";
import type { ValueWriter } from "./value-writer.ts";

/** A run of more holes than these is written as one HOLES, and is read into sparse storage. */
const SHORT_HOLES_MAX = 1024;

/** Writes the length and the elements of an array, with its holes. Its other properties do not cross. */
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
