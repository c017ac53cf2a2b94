import { defineValue, Date, Float64Array, Int32Array } from "../../runtime/index.ts";
import { corrupt } from "../byte-reader.ts";
import type { ValueReader } from "../value-reader.ts";
import {
  BOOLEANS,
  CONSTANT,
  DATES,
  DOUBLES,
  EMPTY,
  INTEGERS,
  LISTS,
  RECORDS,
  TEXTS,
  TYPED,
  UNION,
  VALUES,
  WORDS,
} from "./kinds.ts";
import { readDoubles, readIntegers, readLengths } from "./number-columns.ts";
import { TYPED_CLASSES } from "./typed-classes.ts";

/** Columns stand in each other no deeper than this: the parts of an item, twice for those in unions. */
const DEPTH_MAX = 64;

/** Reads a list that was written in columns. */
export function readColumns(reader: ValueReader): ArrayLike<unknown> {
  const number = reader.reserve();
  const list = readColumn(reader, reader.readCount(), 0);
  reader.assign(number, list);
  return list;
}

function readColumn(reader: ValueReader, rows: number, depth: number): ArrayLike<unknown> {
  if (depth > DEPTH_MAX) throw corrupt("columns nested too deeply");
  const kind = reader.readByte();
  switch (kind) {
    case EMPTY:
      if (rows > 0) throw corrupt("a column with too few rows");
      return [];
    case INTEGERS:
      return readIntegers(reader, rows);
    case DOUBLES:
      return readDoubles(reader, rows);
    case BOOLEANS:
      return readBooleans(reader, rows);
    case CONSTANT:
      return readConstant(reader, rows);
    case TEXTS:
      return readTexts(reader, rows);
    case DATES:
      return readDates(reader, rows);
    case LISTS:
      return readLists(reader, rows, depth);
    case RECORDS:
      return readRecords(reader, rows, depth);
    case TYPED:
      return readTyped(reader, rows);
    case UNION:
      return readUnion(reader, rows, depth);
    case VALUES:
      return readValues(reader, rows);
    case WORDS:
      return readWords(reader, rows, depth);
    default:
      throw corrupt(`an unknown kind of column (${kind})`);
  }
}

function readTexts(reader: ValueReader, rows: number): string[] {
  return reader.readTexts(() => readLengths(reader, rows));
}

function readWords(reader: ValueReader, rows: number, depth: number): unknown[] {
  const words = readColumn(reader, reader.readByte(), depth + 1);
  const indexes = reader.readBytes(rows);
  const values: unknown[] = [];
  for (let row = 0; row < rows; row++) {
    const index = indexes[row]!;
    if (index >= words.length) throw corrupt("the index of a text that is not there");
    values.push(words[index]);
  }
  return values;
}

function readBooleans(reader: ValueReader, rows: number): boolean[] {
  const bits = reader.readBytes(Math.ceil(rows / 8));
  const values: boolean[] = [];
  for (let row = 0; row < rows; row++) values.push((bits[row >> 3]! & (1 << (row & 7))) !== 0);
  return values;
}

function readConstant(reader: ValueReader, rows: number): unknown[] {
  const value = reader.readValue();
  if (typeof value === "object" && value !== null) throw corrupt("an object for many items");
  readFiller(reader, rows);
  const values: unknown[] = [];
  for (let row = 0; row < rows; row++) values.push(value);
  return values;
}

function readDates(reader: ValueReader, rows: number): Date[] {
  const times = readDoubles(reader, rows);
  const dates: Date[] = [];
  for (let row = 0; row < rows; row++) dates.push(new Date(times[row]!));
  return dates;
}

function readTyped(reader: ValueReader, rows: number): ArrayLike<unknown> {
  const constructor = TYPED_CLASSES[reader.readByte()];
  if (constructor === undefined) throw corrupt("a typed array of an unknown class");
  return new constructor(reader.readBytes(rows * constructor.BYTES_PER_ELEMENT).buffer);
}

function readValues(reader: ValueReader, rows: number): unknown[] {
  const values: unknown[] = [];
  for (let row = 0; row < rows; row++) values.push(reader.readSeparately());
  return values;
}

function readLists(reader: ValueReader, rows: number, depth: number): unknown[][] {
  const lengths = readLengths(reader, rows);
  const total = reader.readCount();
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += lengths[row]!;
  if (sum !== total) throw corrupt("lists of other lengths than their elements");
  const elements = readColumn(reader, total, depth + 1);
  const lists: unknown[][] = [];
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const end = at + lengths[row]!;
    lists.push(Array.isArray(elements) ? elements.slice(at, end) : numbersOf(elements, at, end));
    at = end;
  }
  return lists;
}

/** Numbers of a typed array as an array. An integer comes as an integer of the engine, as compiled code may expect it. */
function numbersOf(column: ArrayLike<unknown>, start: number, end: number): unknown[] {
  const numbers: unknown[] = [];
  if (column instanceof Int32Array) {
    for (let at = start; at < end; at++) numbers.push(column[at]);
  } else if (column instanceof Float64Array) {
    // By two statements, as in `readNumbers`.
    for (let at = start; at < end; at++) {
      const value = column[at]!;
      const integer = value | 0;
      if (integer === value && (integer !== 0 || 1 / value > 0)) numbers.push(integer);
      else numbers.push(value);
    }
  } else {
    for (let at = start; at < end; at++) numbers.push(column[at]);
  }
  return numbers;
}

function readRecords(reader: ValueReader, rows: number, depth: number): object[] {
  const keys: string[] = [];
  for (let rest = reader.readCount(); rest > 0; rest--) keys.push(reader.readKey());
  readFiller(reader, rows);
  const columns: (readonly unknown[])[] = [];
  for (let index = 0; index < keys.length; index++) {
    const column = readColumn(reader, rows, depth + 1);
    columns.push(Array.isArray(column) ? column : numbersOf(column, 0, rows));
  }
  const objects: object[] = [];
  const isCareful = reader.isCareful || keys.includes("__proto__");
  for (let row = 0; row < rows; row++) {
    const object: Record<string, unknown> = {};
    for (let index = 0; index < columns.length; index++) {
      const value = columns[index]![row];
      // See `Decoder`: an assignment may run a setter of Object.prototype, or fail because it is frozen.
      if (isCareful) defineValue(object, keys[index]!, value, true);
      else object[keys[index]!] = value;
    }
    objects.push(object);
  }
  return objects;
}

function readUnion(reader: ValueReader, rows: number, depth: number): unknown[] {
  const count = reader.readByte();
  const tags = reader.readBytes(rows);
  const rowsOf = new Float64Array(count);
  for (let row = 0; row < rows; row++) {
    const tag = tags[row]!;
    if (tag >= count) throw corrupt("a row that belongs to no column");
    rowsOf[tag]!++;
  }
  const columns: ArrayLike<unknown>[] = [];
  for (let index = 0; index < count; index++) {
    const column = readColumn(reader, rowsOf[index]!, depth + 1);
    columns.push(Array.isArray(column) ? column : numbersOf(column, 0, column.length));
  }
  const next = new Float64Array(count);
  const values: unknown[] = [];
  for (let row = 0; row < rows; row++) {
    const tag = tags[row]!;
    values.push(columns[tag]![next[tag]!++]);
  }
  return values;
}

/** A column that could claim any number of rows has bytes for them, so that corrupt bytes cannot make it large. */
function readFiller(reader: ValueReader, rows: number): void {
  reader.readBytes(Math.ceil(rows / 8));
}
