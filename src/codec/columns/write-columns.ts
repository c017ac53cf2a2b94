import { Uint8Array } from "../../runtime/index.ts";
import { isBareArray } from "../array-writer.ts";
import { Refusal, toPayloadError, unwound } from "../refusal.ts";
import { COLUMNS } from "../tags.ts";
import type { ValueWriter } from "../value-writer.ts";
import type { Columns } from "./columns.ts";
import { type Branch, DATE, FIRST_SHAPE, Gatherer, LIST, WHOLE } from "./gatherer.ts";
import { EMPTY, LISTS, RECORDS, TYPED, UNION, VALUES } from "./kinds.ts";
import {
  IS_BIGINT,
  IS_BOOLEAN,
  IS_NULL,
  IS_STRING,
  IS_UNDEFINED,
  OTHER,
  hasOthers,
  isObject,
  kindOf,
  kindsIn,
  writeBooleans,
  writeConstant,
  writeFiller,
  writePlainly,
} from "./leaf-columns.ts";
import { tryWriteNumbers, writeLengths, writeTimes } from "./number-columns.ts";
import { writeTexts } from "./text-columns.ts";
import { typedClassOf, type TypedList } from "./typed-classes.ts";

/** Fewer objects than these are written one by one. */
const GATHERED_MIN = 4;

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
  /** The items that are written whole, each by its index among all items. */
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
    if (isBareArray(values) && tryWriteNumbers(writer, values, start, end)) return;
    // A copy: reading an item may run code that changes the list.
    const items: unknown[] = [];
    for (let index = start; index < end; index++) items.push(values[index]);
    if (!hasOthers(kindsIn(items))) {
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
    if (kind === undefined) this.#writeLeaves(values);
    else if (kinds.length === values.length && areAll(kinds, kind))
      this.#writeObjects(branch, kind);
    else this.#writeUnion(values, branch);
  }

  /** Writes values that are no objects. */
  #writeLeaves(values: readonly unknown[]): void {
    const writer = this.#writer;
    const { length } = values;
    if (length === 0) return writer.writeByte(EMPTY);
    if (typeof values[0] === "number" && tryWriteNumbers(writer, values, 0, length)) return;
    switch (kindsIn(values)) {
      case IS_STRING:
        return writeTexts(writer, values as readonly string[]);
      case IS_BOOLEAN:
        return writeBooleans(writer, values as readonly boolean[]);
      case IS_BIGINT:
        return writePlainly(writer, values);
      case IS_UNDEFINED:
      case IS_NULL:
        return writeConstant(writer, values[0], length);
      default:
        this.#writeUnion(values, undefined);
    }
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
      writeFiller(writer, count);
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
      if (kind === OTHER) kind += isObject(value) ? branch!.kinds[objects++]! : WHOLE;
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
      if (part.kind < OTHER) this.#writeLeaves(part.values);
      else if (part.kind === OTHER + WHOLE) this.#writeWhole(part.values);
      else this.#writeObjects(branch!, part.kind - OTHER);
    }
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
}

function areAll(kinds: readonly number[], kind: number): boolean {
  for (let row = 0; row < kinds.length; row++) if (kinds[row] !== kind) return false;
  return true;
}
