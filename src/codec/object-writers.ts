import {
  viewWriter,
  VIEW_KINDS,
  writeArrayBuffer,
  writeMoved,
  writePosted,
  writeSharedArrayBuffer,
} from "./binary-objects.ts";
import {
  writeBoxed,
  writeDate,
  writeHeaders,
  writeMap,
  writeRegExp,
  writeSet,
  writeUrl,
  writeUrlSearchParams,
} from "./builtin-objects.ts";
import type { ObjectWriter } from "./value-writer.ts";
import {
  ArrayBuffer,
  Blob,
  CryptoKey,
  Date,
  File,
  Headers,
  Map,
  MessagePort,
  Set,
  SharedArrayBuffer,
  URL,
  URLSearchParams,
} from "../runtime/index.ts";

/** The writers of built-in classes, by prototype. Subclasses have none: they would arrive as the built-in class. */
const writers: ReadonlyMap<object, ObjectWriter> = new Map<object, ObjectWriter>([
  ...VIEW_KINDS.map(({ prototype }, index): [object, ObjectWriter] => [
    prototype,
    viewWriter(index) as ObjectWriter,
  ]),
  kind(Map, writeMap),
  kind(Set, writeSet),
  kind(Date, writeDate),
  kind(RegExp, writeRegExp),
  kind(ArrayBuffer, writeArrayBuffer),
  kind(SharedArrayBuffer, writeSharedArrayBuffer),
  kind(URL, writeUrl),
  kind(URLSearchParams, writeUrlSearchParams),
  kind(Headers, writeHeaders),
  kind(Number, writeBoxed),
  kind(String, writeBoxed),
  kind(Boolean, writeBoxed),
  kind(BigInt, writeBoxed),
  kind(Blob, writePosted),
  kind(File, writePosted),
  kind(CryptoKey, writePosted),
  kind(MessagePort, writeMoved),
]);

/** The writer for the objects with this prototype; undefined when it belongs to no built-in class that can cross. */
export function objectWriter(prototype: object | null): ObjectWriter | undefined {
  return prototype === null ? undefined : writers.get(prototype);
}

function kind<T extends object>(
  constructor: { readonly prototype: T },
  writer: ObjectWriter<T>,
): [object, ObjectWriter] {
  // An object with this prototype that is no instance makes the writer throw.
  return [constructor.prototype, writer as unknown as ObjectWriter];
}
