import { ColumnPacker, isTypedList, packTyped, unpackColumns } from "../codec/columns/index.ts";
import type { OnRefusedRow } from "../codec/columns/index.ts";
import { loadedCodec } from "../codec/index.ts";
import type { Foreign } from "../codec/index.ts";
import { TypeError, describeValue } from "../runtime/index.ts";
import type { Segment } from "./chunk.ts";
import type { Packed } from "./chunk-format.ts";

/** The items of a chunk, packed; or the first of them that cannot cross, and why. */
export type PackedItems =
  | { readonly packed: Packed; readonly refused: undefined }
  | {
      readonly packed: undefined;
      readonly refused: { readonly at: number; readonly reason: unknown };
    };

/**
 * Packs the items of a chunk.
 *
 * @param segment has the items, in an array
 * @param isSpread whether each item is the list of the callable's arguments
 */
export function pack(segment: Segment, isSpread: boolean, foreign: Foreign): PackedItems {
  const { first } = segment;
  const { items: list } = segment;
  if (isTypedList(list) && !isSpread)
    return { packed: packTyped(list, 0, list.length), refused: undefined };
  const items = list as readonly unknown[];
  const packer = new ColumnPacker("items", foreign, items.length);
  let areWhole = true;
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    try {
      if (isSpread && !Array.isArray(item)) throw noList(item);
      if (!packer.tryAdd(item, first + at)) areWhole = false;
    } catch (reason) {
      return { packed: undefined, refused: { at, reason } };
    }
  }
  return { packed: areWhole ? packer.take() : [items], refused: undefined };
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
