import { Uint8Array } from "../../runtime/index.ts";
import type { ColumnWriter } from "./column-writer.ts";
import { type Branch, DATE, FIRST_SHAPE, LIST, WHOLE } from "./gatherer.ts";
import { EMPTY, LISTS, NULL, RECORDS, UNDEFINED, UNION, WHOLES } from "./kinds.ts";
import {
  IS_BIGINT,
  IS_BOOLEAN,
  IS_NULL,
  IS_STRING,
  IS_UNDEFINED,
  OTHER,
  isObject,
  kindOf,
  kindsIn,
  writeBigints,
  writeBooleans,
  writeNothing,
} from "./leaf-columns.ts";
import { tryWriteNumbers, writeLengths, writeTimes } from "./number-columns.ts";
import { writeTexts } from "./text-columns.ts";

/** Writes the column of a place, and of all places below it. */
export function writeBranch(writer: ColumnWriter, branch: Branch): void {
  const { values, kinds } = branch;
  const kind = kinds[0];
  if (kind === undefined) writeLeaves(writer, values);
  else if (kinds.length === values.length && areAll(kinds, kind))
    writeObjects(writer, branch, kind);
  else writeUnion(writer, values, branch);
}

/** Writes values that are no objects. */
function writeLeaves(writer: ColumnWriter, values: readonly unknown[]): void {
  const { length } = values;
  if (length === 0) return writer.writeByte(EMPTY);
  if (typeof values[0] === "number" && tryWriteNumbers(writer, values)) return;
  switch (kindsIn(values)) {
    case IS_STRING:
      return writeTexts(writer, values as readonly string[]);
    case IS_BOOLEAN:
      return writeBooleans(writer, values as readonly boolean[]);
    case IS_BIGINT:
      return writeBigints(writer, values as readonly bigint[]);
    case IS_UNDEFINED:
      return writeNothing(writer, UNDEFINED, length);
    case IS_NULL:
      return writeNothing(writer, NULL, length);
    default:
      writeUnion(writer, values, undefined);
  }
}

/** Writes the objects of one kind in a place. */
function writeObjects(writer: ColumnWriter, branch: Branch, kind: number): void {
  if (kind === WHOLE) {
    writer.writeByte(WHOLES);
  } else if (kind === DATE) {
    writeTimes(writer, branch.times);
  } else if (kind === LIST) {
    writer.writeByte(LISTS);
    writeLengths(writer, branch.lengths);
    writer.writeCount(branch.elementCount);
    writeBranch(writer, branch.elements!);
  } else {
    const { keys, columns, count } = branch.shapes[kind - FIRST_SHAPE]!;
    writer.writeByte(RECORDS);
    writer.writeCount(keys.length);
    for (const key of keys) writer.writeString(key);
    writer.writeFiller(count);
    for (const column of columns) writeBranch(writer, column);
  }
}

interface Part {
  readonly kind: number;
  readonly values: unknown[];
}

/** Writes values of several kinds: to which column each belongs, and the columns. */
function writeUnion(
  writer: ColumnWriter,
  values: readonly unknown[],
  branch: Branch | undefined,
): void {
  const { length } = values;
  const tags = new Uint8Array(length);
  const columnOf: number[] = [];
  const parts: Part[] = [];
  let objects = 0;
  for (let row = 0; row < length; row++) {
    const value = values[row];
    let kind = kindOf(value);
    if (kind === OTHER && isObject(value)) kind += branch!.kinds[objects++]!;
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
    if (part.kind < OTHER) writeLeaves(writer, part.values);
    else writeObjects(writer, branch!, part.kind - OTHER);
  }
}

function areAll(kinds: readonly number[], kind: number): boolean {
  for (let row = 0; row < kinds.length; row++) if (kinds[row] !== kind) return false;
  return true;
}
