import { Uint8Array } from "../../runtime/index.ts";
import { isBareArray } from "../array-writer.ts";
import { Refusal, toPayloadError, unwound } from "../refusal.ts";
import { COLUMNS } from "../tags.ts";
import type { ValueWriter } from "../value-writer.ts";
import type { Columns } from "./columns.ts";
import { type Branch, DATE, FIRST_SHAPE, Gatherer, LIST, WHOLE } from "./gatherer.ts";
import { BOOLEANS, CONSTANT, EMPTY, LISTS, RECORDS, TEXTS, TYPED, UNION, VALUES } from "./kinds.ts";
import { tryWriteNumbers, writeLengths, writeTimes } from "./number-columns.ts";
import { typedClassOf, type TypedList } from "./typed-classes.ts";

/** Fewer objects than these are written one by one. */
const GATHERED_MIN = 4;
/** The most characters of texts that are joined. A longer text could not be made. */
const JOINED_MAX = 1 << 28;

/** What the values of a union are, before the kinds of objects. */
const UNDEFINED = 0;
const NULL = 1;
const BOOLEAN = 2;
const NUMBER = 3;
const STRING = 4;
const BIGINT = 5;
const OBJECT = 6;

/** Writes a part of a list in columns. */
export function writeColumns(writer: ValueWriter, columns: Columns): void {
  try {
    new ColumnsWriter(writer, columns).write();
  } catch (thrown) {
    const refusal = unwound(thrown, "");
    refusal.root ??= { path: columns.path, depth: refusal.segments.length };
    throw refusal;
  }
}

class ColumnsWriter {
  readonly #writer: ValueWriter;
  readonly #columns: Columns;
  /** The items that are written whole: each by its index among `values`. */
  #whole: readonly number[] = [];

  constructor(writer: ValueWriter, columns: Columns) {
    this.#writer = writer;
    this.#columns = columns;
  }

  write(): void {
    const { values, start, end } = this.#columns;
    const writer = this.#writer;
    const rows = Math.max(0, end - start);
    writer.writeByte(COLUMNS);
    writer.writeCount(rows);
    if (rows === 0) return writer.writeByte(EMPTY);
    const typed = typedClassOf(values);
    if (typed >= 0) return this.#writeTyped(values as TypedList, typed);
    const isBare = isBareArray(values);
    if (isBare && tryWriteNumbers(writer, values, start, end)) return;
    // A copy: reading an item may run code that changes the list.
    const items: unknown[] = [];
    for (let index = start; index < end; index++) items.push(values[index]);
    if (!items.some(isObject)) {
      this.#whole = indexesOf(items, isRefused);
      this.#writeLeaves(items);
    } else if (rows < GATHERED_MIN) {
      this.#whole = items.map((_, index) => index);
      this.#writeWhole(items);
    } else {
      const gatherer = new Gatherer();
      for (let index = 0; index < rows; index++) gatherer.add(items[index]);
      this.#whole = gatherer.misfits;
      this.#writeBranch(gatherer.root);
    }
  }

  #writeTyped(list: TypedList, typed: number): void {
    const { start, end } = this.#columns;
    const { buffer, byteOffset, byteLength, length } = list.subarray(start, end);
    if (length !== end - start) throw new Refusal("has become shorter while it was read.");
    this.#writer.writeByte(TYPED);
    this.#writer.writeByte(typed);
    this.#writer.writeBytes(new Uint8Array(buffer, byteOffset, byteLength));
  }

  #writeBranch(branch: Branch): void {
    const { values, kinds } = branch;
    const kind = kinds[0];
    if (kind === undefined) return this.#writeLeaves(values);
    if (kinds.length === values.length && kinds.every((other) => other === kind))
      return this.#writeObjects(branch, kind);
    this.#writeUnion(values, branch);
  }

  /** Writes values that are no objects. */
  #writeLeaves(values: readonly unknown[]): void {
    const { length } = values;
    if (length === 0) return this.#writer.writeByte(EMPTY);
    const first = values[0];
    if (typeof first === "number") {
      if (tryWriteNumbers(this.#writer, values, 0, length)) return;
    } else if (isCommon(first) && values.every((value) => value === first)) {
      this.#writer.writeByte(CONSTANT);
      this.#writer.writeValue(first);
      return this.#writeFiller(length);
    } else if (typeof first === "string" && values.every(isString)) {
      return this.#writeTexts(values as readonly string[]);
    } else if (typeof first === "boolean" && values.every(isBoolean)) {
      return this.#writeBooleans(values as readonly boolean[]);
    } else if (typeof first === "bigint" && values.every(isBigint)) {
      return this.#writePlainly(values);
    } else if (isRefused(first) && values.every(isRefused)) {
      return this.#writeWhole(values);
    }
    this.#writeUnion(values, undefined);
  }

  /** Writes the objects of one kind in a branch. */
  #writeObjects(branch: Branch, kind: number): void {
    const writer = this.#writer;
    if (kind === DATE) {
      writeTimes(writer, branch.times);
    } else if (kind === LIST) {
      writer.writeByte(LISTS);
      writeLengths(writer, branch.lengths);
      writer.writeCount(branch.elementCount);
      this.#writeBranch(branch.elements!);
    } else if (kind >= FIRST_SHAPE) {
      const { keys, columns, count } = branch.shapes[kind - FIRST_SHAPE]!;
      writer.writeByte(RECORDS);
      writer.writeCount(keys.length);
      for (const key of keys) writer.writeString(key);
      this.#writeFiller(count);
      for (const column of columns) this.#writeBranch(column);
    } else {
      this.#writeWhole(branch.values);
    }
  }

  /** Writes values of several kinds: to which column each belongs, and the columns. */
  #writeUnion(values: readonly unknown[], branch: Branch | undefined): void {
    const writer = this.#writer;
    const { length } = values;
    const tags = new Uint8Array(length);
    const columnOf: number[] = [];
    const parts: { readonly kind: number; readonly values: unknown[] }[] = [];
    let objects = 0;
    for (let row = 0; row < length; row++) {
      const value = values[row];
      let kind = kindOf(value);
      if (kind === OBJECT) kind += isObject(value) ? branch!.kinds[objects++]! : WHOLE;
      let column = columnOf[kind];
      if (column === undefined) {
        column = parts.push({ kind, values: [] }) - 1;
        columnOf[kind] = column;
      }
      tags[row] = column;
      parts[column]!.values.push(value);
    }
    writer.writeByte(UNION);
    writer.writeByte(parts.length);
    writer.writeBytes(tags);
    for (const part of parts) {
      if (part.kind < OBJECT) this.#writeLeaves(part.values);
      else if (part.kind === OBJECT + WHOLE) this.#writeWhole(part.values);
      else this.#writeObjects(branch!, part.kind - OBJECT);
    }
  }

  #writeBooleans(values: readonly boolean[]): void {
    const bits = new Uint8Array(Math.ceil(values.length / 8));
    for (let row = 0; row < values.length; row++)
      if (values[row]) bits[row >> 3] = bits[row >> 3]! | (1 << (row & 7));
    this.#writer.writeByte(BOOLEANS);
    this.#writer.writeBytes(bits);
  }

  #writeTexts(texts: readonly string[]): void {
    const lengths: number[] = [];
    let characters = 0;
    for (let row = 0; row < texts.length; row++) {
      const { length } = texts[row]!;
      lengths.push(length);
      characters += length;
    }
    if (characters > JOINED_MAX) return this.#writePlainly(texts);
    this.#writer.writeByte(TEXTS);
    writeLengths(this.#writer, lengths);
    this.#writer.writeString(texts.join(""));
  }

  /** Writes primitives that have no column of their own. */
  #writePlainly(values: readonly unknown[]): void {
    this.#writer.writeByte(VALUES);
    for (const value of values) this.#writer.writeValue(value);
  }

  /** Writes the items that the encoder writes by itself. */
  #writeWhole(items: readonly unknown[]): void {
    const { first, path, onRefused } = this.#columns;
    this.#writer.writeByte(VALUES);
    for (let at = 0; at < items.length; at++) {
      const index = first + this.#whole[at]!;
      try {
        this.#writer.writeSeparately(items[at]);
      } catch (thrown) {
        const refusal = unwound(thrown, `[${index}]`);
        refusal.root = { path, depth: refusal.segments.length };
        refusal.index = index;
        if (onRefused === undefined) throw refusal;
        onRefused(index, toPayloadError(refusal, path));
        this.#writer.writeValue(undefined);
      }
    }
  }

  #writeFiller(rows: number): void {
    this.#writer.writeBytes(new Uint8Array(Math.ceil(rows / 8)));
  }
}

function kindOf(value: unknown): number {
  switch (typeof value) {
    case "number":
      return NUMBER;
    case "string":
      return STRING;
    case "boolean":
      return BOOLEAN;
    case "undefined":
      return UNDEFINED;
    case "bigint":
      return BIGINT;
    default:
      return value === null ? NULL : OBJECT;
  }
}

function indexesOf(items: readonly unknown[], test: (item: unknown) => boolean): number[] {
  const indexes: number[] = [];
  for (let index = 0; index < items.length; index++) if (test(items[index])) indexes.push(index);
  return indexes;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Whether a primitive may often be the same in all rows. A number is not asked for: to compare costs as much as to write. */
function isCommon(value: unknown): boolean {
  return (
    typeof value === "string" || typeof value === "boolean" || value === undefined || value === null
  );
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function isBigint(value: unknown): boolean {
  return typeof value === "bigint";
}

function isRefused(value: unknown): boolean {
  return typeof value === "function" || typeof value === "symbol";
}
