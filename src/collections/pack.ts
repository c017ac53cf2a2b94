import { Decoder, Encoder } from "../codec/index.ts";
import type { Foreign } from "../codec/index.ts";
import {
  Float64Array,
  Int32Array,
  TypeError,
  Uint8Array,
  describeValue,
} from "../runtime/index.ts";
import type { Packed } from "./chunk-format.ts";

const FIRST_BYTES = 4096;
/** Where an encoded value begins is a multiple of this, because of the buffers in it. */
const ALIGNMENT = 8;

/** What the values of a packer are so far, from the simplest to pack. */
const NUMBERS = 0;
const PRIMITIVES = 1;
const ENCODED = 2;
type Kind = typeof NUMBERS | typeof PRIMITIVES | typeof ENCODED;

/**
 * Collects values that are to travel together, and packs them.
 *
 * An object is encoded when it is added: what happens to it later is not seen. Primitives are only kept, because nothing can
 * happen to them.
 */
export class Packer {
  readonly #root: string;
  readonly #foreign: Foreign;
  readonly #encoder = new Encoder();
  #kind: Kind = NUMBERS;
  /** How many values were added since the last `take`. */
  count = 0;
  #numbers: Float64Array;
  #primitives: unknown[] = [];
  #bytes = new Uint8Array(0);
  #used = 0;
  #ends: number[] = [];

  /**
   * @param root what the path in a PayloadError starts with
   * @param foreign what becomes of instances of classes that are not registered
   * @param expected how many values will be added, as far as that is known
   */
  constructor(root: string, foreign: Foreign, expected: number) {
    this.#root = root;
    this.#foreign = foreign;
    this.#numbers = new Float64Array(expected);
  }

  /** How many bytes the values that are encoded take. */
  get bytes(): number {
    return this.#used;
  }

  /**
   * Adds a value.
   *
   * @returns false when bytes cannot carry it; then it was not added
   * @throws PayloadError when it cannot cross at all
   */
  tryAdd(value: unknown): boolean {
    if (this.#kind === NUMBERS && typeof value === "number" && this.count < this.#numbers.length) {
      this.#numbers[this.count++] = value;
      return true;
    }
    return this.#tryAddOther(value);
  }

  /** Packs the values that were added, and begins anew. */
  take(): Packed {
    const packed = this.#pack();
    this.#kind = NUMBERS;
    this.count = 0;
    this.#primitives = [];
    this.#used = 0;
    this.#ends = [];
    return packed;
  }

  #pack(): Packed {
    switch (this.#kind) {
      case NUMBERS:
        return this.#numbers.slice(0, this.count);
      case PRIMITIVES: {
        const length = this.#encoder.encode(this.#primitives, this.#root);
        return this.#encoder.bytes.slice(0, length);
      }
      case ENCODED:
        return [this.#bytes.slice(0, this.#used), Int32Array.from(this.#ends)];
    }
  }

  #tryAddOther(value: unknown): boolean {
    if (this.#kind !== ENCODED && isPrimitive(value)) {
      if (this.#kind === NUMBERS) this.#keepNumbers();
      this.#primitives[this.count++] = value;
      return true;
    }
    return this.#tryEncode(value);
  }

  /** The values that were added are kept as they are, because others than numbers follow. */
  #keepNumbers(): void {
    this.#kind = PRIMITIVES;
    for (let i = 0; i < this.count; i++) this.#primitives.push(this.#numbers[i]);
  }

  #tryEncode(value: unknown): boolean {
    const encoder = this.#encoder;
    // First, because it may throw: then nothing is added.
    let length = encoder.prepare(value, this.#root, undefined, this.#foreign);
    if (encoder.handles.length > 0) {
      encoder.forget();
      return false;
    }
    if (this.#kind !== ENCODED) {
      this.#encodePrimitives();
      length = encoder.prepare(value, this.#root, undefined, this.#foreign);
    }
    this.#append(length);
    this.count += 1;
    return true;
  }

  #encodePrimitives(): void {
    if (this.#kind === NUMBERS) this.#keepNumbers();
    this.#kind = ENCODED;
    for (const value of this.#primitives) this.#append(this.#encoder.prepare(value, this.#root));
    this.#primitives = [];
  }

  /** Appends what the encoder has prepared. */
  #append(length: number): void {
    const at = this.#used;
    const end = at + length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#encoder.copyTo(this.#bytes, at);
    this.#ends[this.#ends.length] = end;
    this.#used = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(least + ALIGNMENT, 2 * this.#bytes.length, FIRST_BYTES));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

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
 * @param isSpread whether each item is the list of the callable's arguments
 */
export function pack(items: readonly unknown[], isSpread: boolean, foreign: Foreign): PackedItems {
  const packer = new Packer(isSpread ? "args" : "args[0]", foreign, items.length);
  let areWhole = true;
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    try {
      if (isSpread && !Array.isArray(item)) throw noList(item);
      if (!packer.tryAdd(item)) areWhole = false;
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
  if (packed instanceof Float64Array || packed instanceof Uint8Array) return packed.byteLength;
  return packed.length === 1 ? 0 : packed[0].byteLength;
}

/** What a callable has thrown, as `encodeFailure` has written it. */
export function reasonOf(encoded: Uint8Array): unknown {
  try {
    return new Decoder(undefined, "error").decode(encoded, 0, encoded.length);
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
export function unpack(
  packed: Packed,
  onRefused?: (at: number, reason: unknown) => void,
): ArrayLike<unknown> {
  if (packed instanceof Float64Array) return packed;
  // A decoder of its own: decoding may run a decode function of the program, which may unpack others.
  const decoder = new Decoder();
  if (packed instanceof Uint8Array)
    return decoder.decode(packed, 0, packed.length) as readonly unknown[];
  if (packed.length === 1) return packed[0];
  const [bytes, ends] = packed;
  const values: unknown[] = [];
  let start = 0;
  for (const end of ends) {
    try {
      values.push(decoder.decode(bytes, start, end));
    } catch (reason) {
      if (onRefused === undefined) throw reason;
      onRefused(values.push(undefined) - 1, reason);
    }
    start = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
  }
  return values;
}

/** Whether nothing can happen to a value. A symbol counts as an object here, because it cannot cross. */
function isPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case "number":
    case "string":
    case "boolean":
    case "bigint":
    case "undefined":
      return true;
    default:
      return value === null;
  }
}
