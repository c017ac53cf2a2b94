import type { PayloadError } from "../../errors.ts";

/**
 * Called with an item that cannot cross: its position in the whole collection, and the error. The item travels as
 * `undefined` then. It may throw, which refuses the whole list.
 */
export type OnRefusedItem = (index: number, error: PayloadError) => void;

/**
 * A part of a list, made for the `Encoder`, which writes it in columns: all numbers together, all texts together, and of
 * objects with the same keys the values of each key together. It may stand anywhere in the encoded value, alone as well.
 *
 * Each item arrives as if it had been encoded alone: two items share nothing, even when they are one object here. Inside
 * an item, shared references and cycles are kept.
 *
 * It arrives as a list of the same length, of which only `length` and the elements may be used. That is an array, an
 * Int32Array or a Float64Array when all items are numbers, and a typed array of the same class for a part of a typed array.
 *
 * @example
 * ```ts
 * const length = encoder.prepare([position, new Columns(items, 0, 500, "items", 0)], "items");
 * …
 * const [position, items] = decoder.decode(bytes, start, end, handles) as [number, ArrayLike<unknown>];
 * ```
 */
export class Columns {
  /** An array or a typed array. */
  readonly values: ArrayLike<unknown>;
  readonly start: number;
  readonly end: number;
  readonly path: string;
  readonly first: number;
  readonly onRefused: OnRefusedItem | undefined;

  /**
   * @param values an array or a typed array; the items are `values[start]` to `values[end - 1]`. A hole is `undefined`.
   * @param path what the path of an item that cannot cross starts with: `items`, for `items[17].user.onClick`
   * @param first the position of `values[start]` in the whole collection
   * @param onRefused takes an item that cannot cross; without it such an item refuses the whole value, and the
   *   PayloadError has the `index` of the item as an own property
   */
  constructor(
    values: ArrayLike<unknown>,
    start: number,
    end: number,
    path: string,
    first: number,
    onRefused?: OnRefusedItem,
  ) {
    this.values = values;
    this.start = start;
    this.end = end;
    this.path = path;
    this.first = first;
    this.onRefused = onRefused;
  }
}
