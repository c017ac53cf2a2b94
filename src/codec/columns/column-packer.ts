import { Float64Array, Uint8Array } from "../../runtime/index.ts";
import { Encoder } from "../encoder.ts";
import type { Foreign } from "../value-writer.ts";
import { copyBytes } from "../byte-writer.ts";
import { ColumnWriter } from "./column-writer.ts";
import { Gatherer, WHOLE } from "./gatherer.ts";
import { TYPED } from "./kinds.ts";
import { numbersOf, packNumbers } from "./number-columns.ts";
import { typedClassOf } from "./typed-classes.ts";
import type { TypedList } from "./typed-classes.ts";
import { writeBranch } from "./write-columns.ts";

/** Items in columns: numbers alone, or the bytes of a list. See `unpackColumns`. */
export type PackedColumns = Float64Array | Int32Array | Uint8Array;

/** Stands for a whole among the values. */
const WHOLE_ITEM = {};
const FIRST_BYTES = 4096;
const FIRST_NUMBERS = 16;
const NUMBER_BYTES = 8;

/**
 * Packs items that travel together: all numbers together, all texts together, and of objects with the same keys the values of
 * each key together.
 *
 * Each item arrives as if it had been encoded alone: two items share nothing, even when they are one object here. Inside an
 * item, shared references and cycles are kept. What happens to an item after it was added is not seen.
 *
 * @example
 * ```ts
 * const packer = new ColumnPacker("items", "refuse");
 * for (const [index, item] of items.entries()) packer.tryAdd(item, index);
 * port.postMessage(packer.take()); // at the other end: unpackColumns(message)
 * ```
 */
export class ColumnPacker {
  readonly #root: string;
  readonly #foreign: Foreign;
  readonly #writer = new ColumnWriter();
  #encoder: Encoder | undefined;
  #gatherer = new Gatherer();
  /** As long as all items are numbers, they lie here. */
  #numbers: Float64Array;
  #numberCount = 0;
  #isNumbers = true;
  /** The rows of the wholes, and where the bytes of each end. */
  #wholeRows: number[] = [];
  #wholeEnds: number[] = [];
  #wholes = new Uint8Array(0);

  /**
   * @param root what the path in a PayloadError starts with
   * @param foreign what becomes of instances of classes that are not registered
   * @param expected how many items will be added, as far as that is known
   */
  constructor(root: string, foreign: Foreign, expected: number = FIRST_NUMBERS) {
    this.#root = root;
    this.#foreign = foreign;
    this.#numbers = new Float64Array(Math.max(1, expected));
  }

  /** How many items were added since the last `take`. */
  get count(): number {
    return this.#isNumbers ? this.#numberCount : this.#gatherer.root.values.length;
  }

  /** About how many bytes they will take. */
  get bytes(): number {
    if (this.#isNumbers) return this.#numberCount * NUMBER_BYTES;
    return this.#gatherer.bytes + (this.#wholeEnds.at(-1) ?? 0);
  }

  /**
   * Adds an item.
   *
   * @param index the position of the item in its collection, for the path in a PayloadError: `items[17].user.onClick`. Left
   *   out, the path starts with the root alone.
   * @returns false when bytes cannot carry it, because it holds a port or shared memory, for example; then it was not added
   * @throws PayloadError when it cannot cross at all; then it was not added either
   */
  tryAdd(item: unknown, index?: number): boolean {
    if (typeof item === "number" && this.#isNumbers) {
      const at = this.#numberCount;
      if (at === this.#numbers.length) this.#growNumbers();
      this.#numbers[at] = item;
      this.#numberCount = at + 1;
      return true;
    }
    if (this.#isNumbers) this.#leaveNumbers();
    if (this.#gatherer.tryAddLeaf(item)) return true;
    return this.#gatherer.tryAdd(item) || this.#tryAddWhole(item, index);
  }

  /** Packs the items that were added, and begins anew. What it returns is overwritten when the next items are added. */
  take(): PackedColumns {
    const numbers = this.#numbers.subarray(0, this.#numberCount);
    this.#numberCount = 0;
    if (this.#isNumbers) return packNumbers(numbers);
    const packed = this.#packList();
    this.#gatherer = new Gatherer();
    this.#isNumbers = true;
    if (this.#wholeRows.length > 0) {
      this.#wholeRows = [];
      this.#wholeEnds = [];
      this.#wholes = new Uint8Array(0);
    }
    return packed;
  }

  #packList(): Uint8Array {
    const writer = this.#writer;
    const { root } = this.#gatherer;
    const ends = this.#wholeEnds;
    writer.writeCount(root.values.length);
    writer.writeCount(ends.length);
    for (let at = 0; at < ends.length; at++) {
      writer.writeCount(this.#wholeRows[at]!);
      writer.writeCount(ends[at]! - (ends[at - 1] ?? 0));
    }
    writer.writeBytes(this.#wholes.subarray(0, ends.at(-1) ?? 0));
    writeBranch(writer, root);
    return writer.take();
  }

  /** Adds an item in the form in which it would travel alone. */
  #tryAddWhole(item: unknown, index: number | undefined): boolean {
    const encoder = (this.#encoder ??= new Encoder());
    const root = index === undefined ? this.#root : `${this.#root}[${index}]`;
    const length = encoder.prepare(item, root, undefined, this.#foreign);
    if (encoder.handles.length > 0) {
      encoder.forget();
      return false;
    }
    const at = this.#wholeEnds.at(-1) ?? 0;
    if (at + length > this.#wholes.length) this.#grow(at + length);
    encoder.copyTo(this.#wholes, at);
    encoder.forget();
    const { values, kinds } = this.#gatherer.root;
    this.#wholeRows.push(values.push(WHOLE_ITEM) - 1);
    this.#wholeEnds.push(at + length);
    kinds.push(WHOLE);
    return true;
  }

  #growNumbers(): void {
    const grown = new Float64Array(this.#numbers.length * 4);
    grown.set(this.#numbers);
    this.#numbers = grown;
  }

  /** From now on, items that are no numbers are among them. */
  #leaveNumbers(): void {
    this.#isNumbers = false;
    for (const number of numbersOf(this.#numbers.subarray(0, this.#numberCount)))
      this.#gatherer.tryAddLeaf(number);
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(least, 2 * this.#wholes.length, FIRST_BYTES));
    copyBytes(this.#wholes, 0, grown, 0, this.#wholes.length);
    this.#wholes = grown;
  }
}

/**
 * Packs a part of a typed array, whose items are numbers. It arrives as a typed array of the same class.
 *
 * @param list a typed array, also one in shared memory
 */
export function packTyped(list: TypedList, start: number, end: number): PackedColumns {
  const part = list.subarray(start, end);
  const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  const writer = new ColumnWriter();
  writer.writeCount(part.length);
  writer.writeCount(0);
  writer.writeByte(TYPED);
  writer.writeByte(typedClassOf(list));
  writer.writeBytes(bytes);
  return writer.take();
}

/** Whether a value is a typed array, of which `packTyped` can pack a part. */
export function isTypedList(value: unknown): value is TypedList {
  return typeof value === "object" && value !== null && typedClassOf(value) >= 0;
}
