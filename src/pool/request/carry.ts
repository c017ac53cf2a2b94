import { describeStorage } from "../../callable/index.ts";
import { loadedCodec } from "../../codec/index.ts";
import type { Foreign } from "../../codec/index.ts";
import { PayloadError } from "../../errors.ts";
import type { Carry } from "../checks.ts";

/** Encoded stores: one argument that goes behind the others. */
export type Stores = readonly unknown[];

/**
 * The stores that the caller sees now, as one argument that goes behind the others: an encoded value, and its handles. Undefined when it sees none.
 *
 * @throws CallableError when no module exports one of the storages, PayloadError when a store cannot cross
 */
export function encodeStores(carry: Carry, foreign: Foreign): Stores | undefined {
  const places = carry.map((storage) => describeStorage(storage));
  const stores = carry.map((storage) => storage.getStore());
  if (stores.every((store) => store === undefined)) return undefined;
  const encoder = new (loadedCodec().Encoder)();
  // The stores alone, so that the path in an error is that of a store.
  const length = encoder.encode(stores, "carry", undefined, foreign);
  if (encoder.transferList.length > 0) {
    throw new PayloadError(
      "A store that is carried to a worker is copied, and something in it can only be moved: path=carry",
      { path: "carry" },
    );
  }
  return [encoder.bytes.slice(0, length), places, ...encoder.handles];
}
