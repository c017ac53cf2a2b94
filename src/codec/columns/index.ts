/**
 * A second door of the codec: many items to bytes and back, in columns. `kinds.ts` describes the bytes.
 *
 * It stands apart from the first one, because most workers never need it, and a worker must start quickly. It knows nothing
 * of collections, chunks and callables.
 */
export { ColumnPacker, isTypedList, packTyped } from "./column-packer.ts";
export type { PackedColumns } from "./column-packer.ts";
export { unpackColumns } from "./read-columns.ts";
export type { OnRefusedRow } from "./read-columns.ts";
export { copyOfTyped } from "./typed-classes.ts";
export type { TypedList } from "./typed-classes.ts";
