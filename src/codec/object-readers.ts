import { readArrayBuffer, readHandle, readView } from "./binary-objects.ts";
import {
  readBoxed,
  readDate,
  readHeaders,
  readMap,
  readRegExp,
  readSet,
  readUrl,
  readUrlSearchParams,
} from "./builtin-objects.ts";
import { classNamed } from "./classes.ts";
import { readError } from "./error-codec.ts";
import {
  BOXED,
  BUFFER,
  DATE,
  ERROR,
  HANDLE,
  HEADERS,
  INSTANCE,
  MAP,
  NULL_PROTOTYPE_OBJECT,
  REGEXP,
  SET,
  URL_SEARCH_PARAMS,
  URL_TAG,
  VIEW,
} from "./tags.ts";
import type { ObjectReader, ValueReader } from "./value-reader.ts";

const readers: readonly (ObjectReader | undefined)[] = byTag([
  [
    NULL_PROTOTYPE_OBJECT,
    (reader) => reader.readProperties(reader.track(Object.create(null) as object)),
  ],
  [INSTANCE, readInstance],
  [MAP, readMap],
  [SET, readSet],
  [DATE, readDate],
  [REGEXP, readRegExp],
  [BOXED, readBoxed],
  [ERROR, readError],
  [BUFFER, readArrayBuffer],
  [HANDLE, readHandle],
  [VIEW, readView],
  [URL_TAG, readUrl],
  [URL_SEARCH_PARAMS, readUrlSearchParams],
  [HEADERS, readHeaders],
]);

/** The reader for a tag that stands for an object, if there is one. */
export function objectReader(tag: number): ObjectReader | undefined {
  return readers[tag];
}

/** The constructor is not called: what it did is in the properties. */
function readInstance(reader: ValueReader): object {
  const { prototype } = classNamed(reader.readKey());
  return reader.readProperties(reader.track(Object.create(prototype) as object));
}

function byTag(
  entries: readonly (readonly [number, ObjectReader])[],
): (ObjectReader | undefined)[] {
  const table: (ObjectReader | undefined)[] = Array.from({ length: 0x40 }, () => undefined);
  for (const [tag, reader] of entries) table[tag] = reader;
  return table;
}
