import { PayloadError } from "../errors.ts";
import { readArrayBuffer, readHandle, readNamedBuffer, readView } from "./binary-objects.ts";
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
import { corrupt } from "./byte-reader.ts";
import { classNamed } from "./classes.ts";
import { readEncoded } from "./encoded-instances.ts";
import { readError } from "./error-codec.ts";
import {
  BOXED,
  BUFFER,
  DATE,
  ENCODED,
  ERROR,
  HANDLE,
  HEADERS,
  INSTANCE,
  MAP,
  NAMED_BUFFER,
  NULL_PROTOTYPE_OBJECT,
  REGEXP,
  SET,
  URL_SEARCH_PARAMS,
  URL_TAG,
  VIEW,
} from "./tags.ts";
import type { ObjectReader, ValueReader } from "./value-reader.ts";

const readers: readonly (ObjectReader | undefined)[] = byTag([
  [NULL_PROTOTYPE_OBJECT, (reader) => readObject(reader, NULL_PROTOTYPE_OBJECT)],
  [INSTANCE, (reader) => readObject(reader, INSTANCE)],
  [ENCODED, readEncoded],
  [MAP, readMap],
  [SET, readSet],
  [DATE, readDate],
  [REGEXP, readRegExp],
  [BOXED, readBoxed],
  [ERROR, readError],
  [BUFFER, readArrayBuffer],
  [HANDLE, readHandle],
  [NAMED_BUFFER, readNamedBuffer],
  [VIEW, readView],
  [URL_TAG, readUrl],
  [URL_SEARCH_PARAMS, readUrlSearchParams],
  [HEADERS, readHeaders],
]);

/** The reader for the kind of object that a tag stands for; undefined when there is none. */
export function objectReader(tag: number): ObjectReader | undefined {
  return readers[tag];
}

/**
 * Makes an empty object of a kind that holds nothing but properties. No constructor is called: what it did is in the
 * properties.
 *
 * @throws PayloadError when the tag is of another kind, or the class is not registered in this thread
 */
export function emptyObject(reader: ValueReader, tag: number): object {
  if (tag === NULL_PROTOTYPE_OBJECT) return Object.create(null) as object;
  if (tag === INSTANCE) return emptyInstance(reader.readKey());
  throw corrupt("something else in the place of an object");
}

function readObject(reader: ValueReader, tag: number): object {
  return reader.readProperties(reader.track(emptyObject(reader, tag)));
}

function byTag(
  entries: readonly (readonly [number, ObjectReader])[],
): (ObjectReader | undefined)[] {
  const table: (ObjectReader | undefined)[] = Array<ObjectReader | undefined>(0x40).fill(undefined);
  for (const [tag, reader] of entries) table[tag] = reader;
  return table;
}

function emptyInstance(name: string): object {
  const { prototype, decode } = classNamed(name);
  if (decode === undefined) return Object.create(prototype) as object;
  throw new PayloadError(
    `The other thread has registered this class without encode and decode, and this one with them; register it once, in a module that is loaded in both. class=${name}`,
  );
}
