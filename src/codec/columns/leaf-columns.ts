import { BigInt64Array, Uint8Array } from "../../runtime/index.ts";
import type { ColumnWriter } from "./column-writer.ts";
import { BIGINTS, BOOLEANS, LONG_BIGINTS } from "./kinds.ts";
import { writeTexts } from "./text-columns.ts";

/** What values are. Everything from `OTHER` on is no primitive that can cross. */
const UNDEFINED = 0;
const NULL = 1;
const BOOLEAN = 2;
const NUMBER = 3;
const STRING = 4;
const BIGINT = 5;
export const OTHER = 6;

/** What `kindsIn` returns for values of one kind. */
export const IS_UNDEFINED: number = 1 << UNDEFINED;
export const IS_NULL: number = 1 << NULL;
export const IS_BOOLEAN: number = 1 << BOOLEAN;
export const IS_STRING: number = 1 << STRING;
export const IS_BIGINT: number = 1 << BIGINT;

/** What a value is. */
export function kindOf(value: unknown): number {
  if (typeof value === "string") return STRING;
  if (typeof value === "number") return NUMBER;
  if (value === undefined) return UNDEFINED;
  if (value === null) return NULL;
  if (typeof value === "boolean") return BOOLEAN;
  return typeof value === "bigint" ? BIGINT : OTHER;
}

/** What the values are: one bit for each kind among them. */
export function kindsIn(values: readonly unknown[]): number {
  let kinds = 0;
  for (let row = 0; row < values.length; row++) kinds |= 1 << kindOf(values[row]);
  return kinds;
}

/** Whether a value is an object, and no function. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Writes a column of booleans. */
export function writeBooleans(writer: ColumnWriter, values: readonly boolean[]): void {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (let row = 0; row < values.length; row++)
    if (values[row]) bits[row >> 3] = bits[row >> 3]! | (1 << (row & 7));
  writer.writeByte(BOOLEANS);
  writer.writeBytes(bits);
}

/** Writes a column of bigints. */
export function writeBigints(writer: ColumnWriter, values: readonly bigint[]): void {
  const words = new BigInt64Array(values.length);
  let row = 0;
  while (row < values.length && BigInt.asIntN(64, values[row]!) === values[row]) {
    words[row] = values[row]!;
    row++;
  }
  if (row === values.length) {
    writer.writeByte(BIGINTS);
    writer.writeBytes(new Uint8Array(words.buffer));
    return;
  }
  writer.writeByte(LONG_BIGINTS);
  writeTexts(
    writer,
    values.map((value) => value.toString(16)),
  );
}

/** Writes a column of undefined or null in all rows. @param kind UNDEFINED or NULL of the kinds of columns */
export function writeNothing(writer: ColumnWriter, kind: number, rows: number): void {
  writer.writeByte(kind);
  writer.writeFiller(rows);
}
