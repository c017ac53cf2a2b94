import {
  ArrayBuffer,
  Buffer,
  DataView,
  Error,
  Map,
  Set,
  SharedArrayBuffer,
  Uint8Array,
  Uint8ClampedArray,
} from "../runtime/index.ts";

/**
 * A value as JSON on one line: what `JSON.stringify` makes of it, and more where JSON has nothing.
 *
 * undefined is null. A bigint is a string of its digits. A Map is an array of its entries, a Set an array of its members. Bytes
 * (Buffer, Uint8Array, ArrayBuffer) are base64, other typed arrays are arrays of numbers. An Error is its name and message.
 *
 * @throws TypeError for a value that refers to itself
 */
export function jsonText(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return JSON.stringify(value);
  // `undefined` for what JSON leaves out: undefined, functions, symbols.
  const text: string | undefined = JSON.stringify(value, replace);
  return text ?? "null";
}

/** Looks at the member itself, because `value` is already what its `toJSON` has returned. */
function replace(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  const member = (this as Readonly<Record<string, unknown>>)[key];
  if (typeof member !== "object" || member === null) return value;
  if (ArrayBuffer.isView(member)) return viewJson(member);
  if (member instanceof ArrayBuffer || member instanceof SharedArrayBuffer)
    return Buffer.from(member).toString("base64");
  if (member instanceof Map || member instanceof Set) return [...member];
  if (member instanceof Error && value === member) return errorJson(member);
  return value;
}

function viewJson(view: ArrayBufferView): unknown {
  if (view instanceof Uint8Array || view instanceof Uint8ClampedArray || view instanceof DataView)
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("base64");
  return Array.from(view as unknown as ArrayLike<number | bigint>);
}

function errorJson({ name, message }: Error): object {
  return { name, message };
}
