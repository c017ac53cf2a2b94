import { Float64Array, Int32Array, Uint32Array, Uint8Array } from "../../runtime/index.ts";
import { corrupt } from "../byte-reader.ts";
import type { ValueReader } from "../value-reader.ts";
import type { ValueWriter } from "../value-writer.ts";
import { DATES, DOUBLES, INTEGERS } from "./kinds.ts";

/** Most rows for which scratch memory is kept. */
const KEPT_ROWS = 1 << 16;
/** Undefined while it is in use: reading a value may run code that encodes another list. */
let kept: Float64Array | undefined = undefined;

/**
 * Writes a column of numbers.
 *
 * @returns false when one of the values is no number; nothing is written then
 */
export function tryWriteNumbers(
  writer: ValueWriter,
  values: ArrayLike<unknown>,
  start: number,
  end: number,
): boolean {
  const rows = end - start;
  const doubles = kept !== undefined && kept.length >= rows ? kept : new Float64Array(rows + 256);
  kept = undefined;
  const integers = new Int32Array(doubles.buffer);
  let row = 0;
  // As long as all are integers, they are written in half of the memory.
  for (; row < rows; row++) {
    const value = values[start + row];
    if (typeof value !== "number") break;
    const integer = value | 0;
    if (integer !== value || (integer === 0 && 1 / value < 0)) break;
    integers[row] = integer;
  }
  const isInteger = row === rows;
  if (!isInteger) row = fillDoubles(doubles, integers, values, start, row, rows);
  if (row === rows) {
    writer.writeByte(isInteger ? INTEGERS : DOUBLES);
    writer.writeBytes(new Uint8Array(doubles.buffer, 0, rows * (isInteger ? 4 : 8)));
  }
  if (doubles.length <= KEPT_ROWS) kept = doubles;
  return row === rows;
}

/** Goes on with doubles, after `row` integers. Returns how many numbers there are before the first other value. */
function fillDoubles(
  doubles: Float64Array,
  integers: Int32Array,
  values: ArrayLike<unknown>,
  start: number,
  row: number,
  rows: number,
): number {
  // Both are views on the same memory, so the last integers are widened first.
  for (let at = row - 1; at >= 0; at--) doubles[at] = integers[at]!;
  for (let at = row; at < rows; at++) {
    const value = values[start + at];
    if (typeof value !== "number") return at;
    doubles[at] = value;
  }
  return rows;
}

/** Writes a column of dates, in milliseconds. */
export function writeTimes(writer: ValueWriter, times: readonly number[]): void {
  const doubles = Float64Array.from(times);
  writer.writeByte(DATES);
  writer.writeBytes(new Uint8Array(doubles.buffer));
}

/** Reads a column of `rows` doubles. */
export function readDoubles(reader: ValueReader, rows: number): Float64Array {
  return new Float64Array(reader.readBytes(rows * 8).buffer);
}

/** Reads a column of `rows` integers. */
export function readIntegers(reader: ValueReader, rows: number): Int32Array {
  return new Int32Array(reader.readBytes(rows * 4).buffer);
}

/** Writes the lengths of texts or lists, in as few bytes as the longest needs. */
export function writeLengths(writer: ValueWriter, lengths: readonly number[]): void {
  let longest = 0;
  for (let row = 0; row < lengths.length; row++) longest = Math.max(longest, lengths[row]!);
  writeWidths(writer, Uint32Array.from(lengths), longest);
}

/** As `writeLengths`. */
export function writeWidths(writer: ValueWriter, lengths: Uint32Array, longest: number): void {
  const isNarrow = longest < 0x100;
  writer.writeByte(isNarrow ? 1 : 4);
  writer.writeBytes(isNarrow ? new Uint8Array(lengths) : new Uint8Array(lengths.buffer));
}

/** Reads what `writeLengths` has written for so many rows. */
export function readLengths(reader: ValueReader, rows: number): Uint8Array | Uint32Array {
  const width = reader.readByte();
  if (width === 1) return reader.readBytes(rows);
  if (width !== 4) throw corrupt("lengths of another width");
  return new Uint32Array(reader.readBytes(rows * 4).buffer);
}
