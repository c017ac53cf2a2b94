import {
  defineValue,
  Date,
  Error,
  Float64Array,
  Int32Array,
  TypeError,
  Uint8Array,
} from "../../runtime/index.ts";
import { corrupt } from "../byte-reader.ts";
import { Decoder } from "../decoder.ts";
import type { PackedColumns } from "./column-packer.ts";
import { ColumnReader } from "./column-reader.ts";
import {
  BIGINTS,
  BOOLEANS,
  DATES,
  DOUBLES,
  EMPTY,
  INTEGERS,
  LISTS,
  LONG_BIGINTS,
  LONG_TEXTS,
  NULL,
  RECORDS,
  SAME_TEXT,
  TEXTS,
  TYPED,
  UNDEFINED,
  UNION,
  WHOLES,
  WORDS,
} from "./kinds.ts";
import { numbersOf, readBigints, readDoubles, readIntegers } from "./number-columns.ts";
import { TYPED_CLASSES } from "./typed-classes.ts";

/** Columns stand in each other no deeper than this: the parts of an item, twice for those in unions. */
const DEPTH_MAX = 64;

/** What `unpackColumns` calls for an item that cannot be decoded. */
export type OnRefusedRow = (row: number, reason: unknown) => void;

/**
 * The items that a `ColumnPacker` has packed: a list of which only `length` and the elements are to be used. It is a typed
 * array when all items are numbers.
 *
 * @param onRefused called for each item that cannot be decoded, because its class is not registered here; without it the
 *   first one is thrown
 * @throws PayloadError when the bytes are corrupt
 */
export function unpackColumns(packed: PackedColumns, onRefused?: OnRefusedRow): ArrayLike<unknown> {
  if (!(packed instanceof Uint8Array)) return packed;
  const reader = new ColumnReader(packed);
  const rows = reader.readCount();
  const wholes = readWholes(reader, packed, onRefused);
  const start = reader.skip(0);
  try {
    return readList(reader, rows, wholes, false);
  } catch (thrown) {
    if (!(Error.isError(thrown) && thrown instanceof TypeError)) throw thrown;
  }
  // Perhaps an assignment has failed because Object.prototype is frozen.
  reader.goTo(start);
  return readList(reader, rows, wholes, true);
}

function readList(
  reader: ColumnReader,
  rows: number,
  wholes: readonly unknown[],
  isCareful: boolean,
): ArrayLike<unknown> {
  const list = new ListReader(reader, wholes, isCareful).readColumn(rows, 0);
  if (!reader.isAtEnd) throw corrupt("more than a list");
  return list;
}

/** Reads the items that were encoded by themselves. */
function readWholes(
  reader: ColumnReader,
  bytes: Uint8Array,
  onRefused: OnRefusedRow | undefined,
): unknown[] {
  const rows: number[] = [];
  const lengths: number[] = [];
  for (let rest = reader.readCount(); rest > 0; rest--) {
    rows.push(reader.readCount());
    lengths.push(reader.readCount());
  }
  const wholes: unknown[] = [];
  // A decoder of its own: decoding may run a decode function of the program, which may unpack other items.
  const decoder = rows.length > 0 ? new Decoder() : undefined;
  for (let at = 0; at < rows.length; at++) {
    const start = reader.skip(lengths[at]!);
    try {
      wholes.push(decoder!.decode(bytes, start, start + lengths[at]!));
    } catch (reason) {
      if (onRefused === undefined) throw reason;
      onRefused(rows[at]!, reason);
      wholes.push(undefined);
    }
  }
  return wholes;
}

class ListReader {
  readonly #reader: ColumnReader;
  readonly #wholes: readonly unknown[];
  readonly #isCareful: boolean;
  #nextWhole: number = 0;

  /** @param isCareful whether properties are defined and not assigned */
  constructor(reader: ColumnReader, wholes: readonly unknown[], isCareful: boolean) {
    this.#reader = reader;
    this.#wholes = wholes;
    this.#isCareful = isCareful;
  }

  readColumn(rows: number, depth: number): ArrayLike<unknown> {
    if (depth > DEPTH_MAX) throw corrupt("columns nested too deeply");
    const reader = this.#reader;
    const kind = reader.readByte();
    switch (kind) {
      case EMPTY:
        if (rows > 0) throw corrupt("a column without its rows");
        return [];
      case INTEGERS:
        return readIntegers(reader, rows);
      case DOUBLES:
        return readDoubles(reader, rows);
      case TEXTS:
        return reader.readTexts(rows);
      case RECORDS:
        return this.#readRecords(rows, depth);
      case LISTS:
        return this.#readLists(rows, depth);
      case UNION:
        return this.#readUnion(rows, depth);
      case WORDS:
        return this.#readWords(rows, depth);
      case TYPED:
        return this.#readTyped(rows);
      case WHOLES:
        return this.#readWholes(rows);
      case LONG_BIGINTS:
        return arrayOf(this.readColumn(rows, depth + 1)).map(bigintOf);
      default:
        return this.#readSimple(kind, rows);
    }
  }

  #readSimple(kind: number, rows: number): unknown[] {
    const reader = this.#reader;
    switch (kind) {
      case BOOLEANS:
        return readBooleans(reader, rows);
      case UNDEFINED:
        return readSame(reader, undefined, rows);
      case NULL:
        return readSame(reader, null, rows);
      case SAME_TEXT:
        return readSame(reader, reader.readString(), rows);
      case LONG_TEXTS:
        return readEach(rows, () => reader.readString());
      case BIGINTS:
        return readBigints(reader, rows);
      case DATES:
        return readDates(reader, rows);
      default:
        throw corrupt(`an unknown kind of column (${kind})`);
    }
  }

  #readRecords(rows: number, depth: number): object[] {
    const reader = this.#reader;
    const keys: string[] = [];
    for (let rest = reader.readCount(); rest > 0; rest--) keys.push(reader.readKey());
    reader.skipFiller(rows);
    const columns = keys.map(() => arrayOf(this.readColumn(rows, depth + 1)));
    // See `Decoder`: an assignment would set the prototype, or fail because Object.prototype is frozen.
    if (this.#isCareful || keys.includes("__proto__")) return defineRecords(keys, columns, rows);
    const records: object[] = [];
    for (let row = 0; row < rows; row++) {
      const record: Record<string, unknown> = {};
      for (let index = 0; index < columns.length; index++)
        record[keys[index]!] = columns[index]![row];
      records.push(record);
    }
    return records;
  }

  #readLists(rows: number, depth: number): unknown[][] {
    const lengths = this.#reader.readLengths(rows);
    const total = this.#reader.readCount();
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += lengths[row]!;
    if (sum !== total) throw corrupt("lists of other lengths than their elements");
    const elements = arrayOf(this.readColumn(total, depth + 1));
    const lists: unknown[][] = [];
    let at = 0;
    for (let row = 0; row < rows; row++) {
      const end = at + lengths[row]!;
      lists.push(elements.slice(at, end));
      at = end;
    }
    return lists;
  }

  #readUnion(rows: number, depth: number): unknown[] {
    const count = this.#reader.readByte();
    const tags = this.#reader.readBytes(rows);
    const rowsOf = new Int32Array(256);
    for (let row = 0; row < rows; row++) rowsOf[tags[row]!]!++;
    const columns: (readonly unknown[])[] = [];
    for (let index = 0; index < count; index++)
      columns.push(arrayOf(this.readColumn(rowsOf[index]!, depth + 1)));
    const next = new Int32Array(256);
    const values: unknown[] = [];
    for (let row = 0; row < rows; row++) {
      const tag = tags[row]!;
      const column = columns[tag];
      if (column === undefined) throw corrupt("a row that belongs to no column");
      values.push(column[next[tag]!++]);
    }
    return values;
  }

  #readWords(rows: number, depth: number): unknown[] {
    const words = this.readColumn(this.#reader.readByte(), depth + 1);
    const indexes = this.#reader.readBytes(rows);
    const values: unknown[] = [];
    for (let row = 0; row < rows; row++) {
      const index = indexes[row]!;
      if (index >= words.length) throw corrupt("the index of a text that is not there");
      values.push(words[index]);
    }
    return values;
  }

  #readTyped(rows: number): ArrayLike<unknown> {
    const constructor = TYPED_CLASSES[this.#reader.readByte()];
    if (constructor === undefined) throw corrupt("a typed array of an unknown class");
    return new constructor(this.#reader.readBytes(rows * constructor.BYTES_PER_ELEMENT).buffer);
  }

  #readWholes(rows: number): unknown[] {
    const start = this.#nextWhole;
    this.#nextWhole += rows;
    if (this.#nextWhole > this.#wholes.length) throw corrupt("more wholes than there are");
    return this.#wholes.slice(start, this.#nextWhole);
  }
}

/** A column as an array. */
function arrayOf(column: ArrayLike<unknown>): readonly unknown[] {
  if (Array.isArray(column)) return column;
  if (column instanceof Int32Array || column instanceof Float64Array) return numbersOf(column);
  throw corrupt("a typed array in a place of an item");
}

function defineRecords(
  keys: readonly string[],
  columns: readonly (readonly unknown[])[],
  rows: number,
): object[] {
  return readEach(rows, (row) => {
    const record = {};
    for (let index = 0; index < keys.length; index++)
      defineValue(record, keys[index]!, columns[index]![row], true);
    return record;
  });
}

function readBooleans(reader: ColumnReader, rows: number): boolean[] {
  const bits = reader.readBytes(Math.ceil(rows / 8));
  const values: boolean[] = [];
  for (let row = 0; row < rows; row++) values.push((bits[row >> 3]! & (1 << (row & 7))) !== 0);
  return values;
}

function readSame(reader: ColumnReader, value: unknown, rows: number): unknown[] {
  reader.skipFiller(rows);
  return readEach(rows, () => value);
}

function readDates(reader: ColumnReader, rows: number): Date[] {
  const times = readDoubles(reader, rows);
  return readEach(rows, (row) => new Date(times[row]!));
}

function readEach<T>(rows: number, read: (row: number) => T): T[] {
  const values: T[] = [];
  for (let row = 0; row < rows; row++) values.push(read(row));
  return values;
}

function bigintOf(digits: unknown): bigint {
  const text = String(digits);
  const isNegative = text.startsWith("-");
  const hexadecimal = isNegative ? text.slice(1) : text;
  if (!/^[\da-f]+$/.test(hexadecimal)) throw corrupt("something else in the place of a bigint");
  const absolute = BigInt(`0x${hexadecimal}`);
  return isNegative ? -absolute : absolute;
}
