import {
  BigInt64Array,
  Float64Array,
  Int32Array,
  Uint32Array,
  Uint8Array,
} from "../../runtime/index.ts";
import type { ColumnReader } from "./column-reader.ts";
import type { ColumnWriter } from "./column-writer.ts";
import { DATES, DOUBLES, INTEGERS } from "./kinds.ts";

/**
 * Writes a column of numbers.
 *
 * @returns false when one of the values is no number; nothing is written then
 */
export function tryWriteNumbers(writer: ColumnWriter, values: readonly unknown[]): boolean {
  for (let row = 0; row < values.length; row++) if (typeof values[row] !== "number") return false;
  const packed = packNumbers(values as readonly number[]);
  writer.writeByte(packed instanceof Int32Array ? INTEGERS : DOUBLES);
  writer.writeBytes(new Uint8Array(packed.buffer));
  return true;
}

/** Numbers as integers, in half of the memory, when all are integers; else as doubles, which may be the values themselves. */
export function packNumbers(values: readonly number[] | Float64Array): Float64Array | Int32Array {
  const { length } = values;
  const integers = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    const value = values[row]!;
    const integer = value | 0;
    if (integer !== value || (integer === 0 && 1 / value < 0)) return doublesOf(values);
    integers[row] = integer;
  }
  return integers;
}

function doublesOf(values: readonly number[] | Float64Array): Float64Array {
  if (values instanceof Float64Array) return values;
  const doubles = new Float64Array(values.length);
  for (let row = 0; row < values.length; row++) doubles[row] = values[row]!;
  return doubles;
}

/** Writes a column of dates, in milliseconds. */
export function writeTimes(writer: ColumnWriter, times: readonly number[]): void {
  const doubles = Float64Array.from(times);
  writer.writeByte(DATES);
  writer.writeBytes(new Uint8Array(doubles.buffer));
}

/** Reads a column of `rows` doubles. */
export function readDoubles(reader: ColumnReader, rows: number): Float64Array {
  return new Float64Array(reader.readBytes(rows * 8).buffer);
}

/** Reads a column of `rows` integers. */
export function readIntegers(reader: ColumnReader, rows: number): Int32Array {
  return new Int32Array(reader.readBytes(rows * 4).buffer);
}

/** Writes the lengths of texts or lists, in as few bytes as the longest needs. */
export function writeLengths(writer: ColumnWriter, lengths: readonly number[]): void {
  let longest = 0;
  for (let row = 0; row < lengths.length; row++) longest = Math.max(longest, lengths[row]!);
  writeWidths(writer, Uint32Array.from(lengths), longest);
}

/** As `writeLengths`. */
export function writeWidths(writer: ColumnWriter, lengths: Uint32Array, longest: number): void {
  const isNarrow = longest < 0x100;
  writer.writeByte(isNarrow ? 1 : 4);
  writer.writeBytes(isNarrow ? new Uint8Array(lengths) : new Uint8Array(lengths.buffer));
}

/** Reads a column of `rows` bigints of 64 bits. */
export function readBigints(reader: ColumnReader, rows: number): bigint[] {
  return Array.from(new BigInt64Array(reader.readBytes(rows * 8).buffer));
}

/** Numbers of a column as an array. An integer comes as an integer of the engine, as compiled code may expect it. */
export function numbersOf(column: Int32Array | Float64Array): number[] {
  const numbers: number[] = [];
  if (column instanceof Int32Array) {
    for (let at = 0; at < column.length; at++) numbers.push(column[at]!);
    return numbers;
  }
  // By two statements, as in `readNumbers`.
  for (let at = 0; at < column.length; at++) {
    const value = column[at]!;
    const integer = value | 0;
    if (integer === value && (integer !== 0 || 1 / value > 0)) numbers.push(integer);
    else numbers.push(value);
  }
  return numbers;
}
