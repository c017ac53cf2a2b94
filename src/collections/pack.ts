import { ColumnPacker, isTypedList, packTyped, unpackColumns } from "../codec/columns/index.ts";
import type { OnRefusedRow } from "../codec/columns/index.ts";
import { loadedCodec } from "../codec/index.ts";
import type { Foreign } from "../codec/index.ts";
import { TypeError, describeValue } from "../runtime/index.ts";
import type { Segment } from "./chunk.ts";
import type { Packed } from "./chunk-format.ts";

/** The first items of a chunk, packed; or the first of them that cannot cross, and why. */
export type PackedItems =
  | { readonly packed: Packed; readonly count: number }
  | { readonly packed: undefined; readonly at: number; readonly reason: unknown };

/**
 * Packs the items of the chunks of a collection, one chunk after the other. The memory of one serves the next, so what was packed
 * has to be encoded before the next items are.
 */
export class ItemPacker {
  readonly #isSpread: boolean;
  readonly #foreign: Foreign;
  #packer: ColumnPacker | undefined;

  /** @param isSpread whether each item is the list of the callable's arguments */
  constructor(isSpread: boolean, foreign: Foreign) {
    this.#isSpread = isSpread;
    this.#foreign = foreign;
  }

  /**
   * Packs the items of a chunk.
   *
   * @param segment has the items, in an array
   * @param mostBytes about how many bytes they may take; those behind are left out
   */
  pack({ first, items: list }: Segment, mostBytes: number): PackedItems {
    if (isTypedList(list) && !this.#isSpread)
      return { packed: packTyped(list, 0, list.length), count: list.length };
    const items = list as readonly unknown[];
    const { length } = items;
    const isSpread = this.#isSpread;
    const packer = this.#packer ?? new ColumnPacker("items", this.#foreign, length);
    // Not used again after an item was refused: those before it are in there.
    this.#packer = undefined;
    let areWhole = true;
    let at = 0;
    while (at < length && (packer.bytes < mostBytes || at === 0)) {
      const item = items[at];
      try {
        if (isSpread && !Array.isArray(item)) throw noList(item);
        if (!packer.tryAdd(item, first + at)) areWhole = false;
      } catch (reason) {
        return { packed: undefined, at, reason };
      }
      at++;
    }
    if (!areWhole) return { packed: [items.slice(0, at)], count: at };
    this.#packer = packer;
    return { packed: packer.take(), count: at };
  }
}

function noList(item: unknown): TypeError {
  return new TypeError(
    `An item of starmap is the array of the callable's arguments, [[1, 2], [3, 4]]; for single arguments write map: item=${describeValue(item)}`,
  );
}

/** How many bytes packed values take, as far as that is known. */
export function bytesOf(packed: Packed): number {
  return isRaw(packed) ? 0 : packed.byteLength;
}

/** What a callable has thrown, as `encodeFailure` has written it. */
export function reasonOf(encoded: Uint8Array): unknown {
  try {
    return new (loadedCodec().Decoder)(undefined, "error").decode(encoded, 0, encoded.length);
  } catch (error) {
    return error;
  }
}

/**
 * The values that were packed.
 *
 * @param onRefused called for each value that cannot be decoded, because its class is not registered here; without it the first
 *   one is thrown
 */
export function unpack(packed: Packed, onRefused?: OnRefusedRow): ArrayLike<unknown> {
  return isRaw(packed) ? packed[0] : unpackColumns(packed, onRefused);
}

function isRaw(packed: Packed): packed is readonly [values: readonly unknown[]] {
  return Array.isArray(packed);
}
