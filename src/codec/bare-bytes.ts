/*
 * The short way for byte arrays: a value that is one view, or a list of arguments that is. Nothing else can share its bytes, so
 * it needs neither a directory nor a tag: two bytes, and the bytes of the view.
 */
import { utilTypes, Map, Uint8Array } from "../runtime/index.ts";
import { VIEW_KINDS } from "./binary-objects.ts";
import { corrupt } from "./byte-reader.ts";
import { copyOf } from "./received-buffer.ts";
import { BARE_PREFIX_BYTES, BARE_VIEW, bulkStart } from "./tags.ts";

const indexes: ReadonlyMap<object, number> = new Map(
  VIEW_KINDS.map(({ prototype }, index) => [prototype, index]),
);

/** The index in `VIEW_KINDS` of the class of a view; undefined for a subclass. */
export function kindOfView(view: ArrayBufferView): number | undefined {
  return indexes.get(Object.getPrototypeOf(view) as object);
}

/**
 * The bytes of a view, where they are; undefined for what the general way treats otherwise: shared memory, resizable and
 * detached buffers, views without bytes, and views that hide with properties of their own where their bytes lie.
 */
export function bytesOfView(view: ArrayBufferView): Uint8Array | undefined {
  const { buffer, byteOffset, byteLength } = view;
  if (!utilTypes().isArrayBuffer(buffer) || buffer.resizable || !(byteLength > 0)) return undefined;
  if (!(byteOffset >= 0 && byteOffset + byteLength <= buffer.byteLength)) return undefined;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return bytes.length === byteLength ? bytes : undefined;
}

/** The length of the encoded value of a bare view of so many bytes. */
export function bareLength(byteLength: number): number {
  return bulkStart(BARE_PREFIX_BYTES, byteLength) + byteLength;
}

/**
 * Reads a value that is one view, or an array of one.
 *
 * @param start where the encoded value begins
 * @param header its first byte
 * @throws PayloadError when it is corrupt
 */
export function readBare(
  bytes: Uint8Array,
  start: number,
  end: number,
  header: number,
): ArrayBufferView | [ArrayBufferView] {
  const view = readView(bytes, start, end);
  return header === BARE_VIEW ? view : [view];
}

function readView(bytes: Uint8Array, start: number, end: number): ArrayBufferView {
  const kind = VIEW_KINDS[bytes[start + 1] ?? -1];
  if (kind === undefined) throw corrupt("a view of an unknown kind");
  const rest = end - start - BARE_PREFIX_BYTES;
  const isShort = bulkStart(BARE_PREFIX_BYTES, rest) === BARE_PREFIX_BYTES;
  const length = isShort ? rest : end - start - bulkStart(BARE_PREFIX_BYTES, rest);
  if (!(length > 0) || length % kind.elementBytes !== 0 || bareLength(length) !== end - start)
    throw corrupt("a view of no such length");
  const copy = copyOf(bytes, end - length, length);
  return kind.adopt?.(copy) ?? kind.build(copy.buffer, 0, length / kind.elementBytes);
}
