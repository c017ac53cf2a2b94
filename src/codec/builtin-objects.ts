import type { ValueReader } from "./value-reader.ts";
import type { ValueWriter } from "./value-writer.ts";
import { PayloadError } from "../errors.ts";
import { utilTypes, Date, Headers, Map, Set, URL, URLSearchParams } from "../runtime/index.ts";
import { corrupt } from "./byte-reader.ts";
import { Refusal, mapValueSegment, unwound, unwoundDecoding } from "./refusal.ts";
import { BOXED, DATE, END, HEADERS, MAP, REGEXP, SET, URL_SEARCH_PARAMS, URL_TAG } from "./tags.ts";

/*
 * Writers and readers for the objects of the language and the platform that can be rebuilt from other values. Each
 * reader stands below its writer. Own properties that were added to such an object do not cross.
 */

/**
 * Most headers of one Headers object; servers accept no more either. Bun searches all earlier names for each name, and
 * copies all values of a name each time one is added, so a hundred thousand headers would take a minute.
 */
const HEADERS_MAX = 2000;

// Taken from the prototypes: a subclass may have others, and what crosses is what the object itself holds.
// oxlint-disable-next-line typescript/unbound-method -- called with the map
const { entries: entriesOf } = Map.prototype;
// oxlint-disable-next-line typescript/unbound-method -- called with the set
const { values: membersOf } = Set.prototype;

/** Returns what should be the text of a built-in getter. Refuses anything else: an own property may hide the getter. */
export function ownText(value: unknown): string {
  if (typeof value === "string") return value;
  throw new Refusal("has own properties that hide what it holds; pass a plain copy.");
}

/** Writes the entries of a Map in their order. */
export function writeMap(writer: ValueWriter, map: Map<unknown, unknown>): void {
  writer.writeByte(MAP);
  // The entries end with END, and no count stands before them: a getter in a value may change the map meanwhile.
  let index = 0;
  for (const [key, value] of entriesOf.call(map) as Iterable<[unknown, unknown]>) {
    try {
      writer.writeValue(key);
    } catch (thrown) {
      throw unwound(thrown, `.keys()[${index}]`);
    }
    try {
      writer.writeValue(value);
    } catch (thrown) {
      throw unwound(thrown, mapValueSegment(key, index));
    }
    index++;
  }
  writer.writeByte(END);
}

/** Reads a Map. */
export function readMap(reader: ValueReader): Map<unknown, unknown> {
  const map = reader.track(new Map<unknown, unknown>());
  let segment = "";
  try {
    while (!reader.readEnd()) {
      segment = ".keys()";
      const key = reader.readValue();
      segment = "";
      map.set(key, reader.readValue());
    }
  } catch (thrown) {
    throw unwoundDecoding(thrown, `${segment || ".values()"}[${map.size}]`);
  }
  return map;
}

/** Writes the members of a Set in their order. */
export function writeSet(writer: ValueWriter, set: Set<unknown>): void {
  writer.writeByte(SET);
  let index = 0;
  for (const member of membersOf.call(set) as Iterable<unknown>) {
    try {
      writer.writeValue(member);
    } catch (thrown) {
      throw unwound(thrown, `.values()[${index}]`);
    }
    index++;
  }
  writer.writeByte(END);
}

/** Reads a Set. */
export function readSet(reader: ValueReader): Set<unknown> {
  const set = reader.track(new Set<unknown>());
  try {
    while (!reader.readEnd()) set.add(reader.readValue());
  } catch (thrown) {
    throw unwoundDecoding(thrown, `.values()[${set.size}]`);
  }
  return set;
}

/** Writes a Date, also an invalid one. */
export function writeDate(writer: ValueWriter, date: Date): void {
  const time = Date.prototype.getTime.call(date);
  writer.writeByte(DATE);
  writer.writeFloat64(time);
}

/** Reads a Date. */
export function readDate(reader: ValueReader): Date {
  return reader.track(new Date(reader.readFloat64()));
}

/** Writes source and flags of a regular expression. */
export function writeRegExp(writer: ValueWriter, expression: RegExp): void {
  writer.writeByte(REGEXP);
  writer.writeString(ownText(expression.source));
  writer.writeString(ownText(expression.flags));
}

/** Reads a regular expression. Its `lastIndex` is 0, as with structured clone. */
export function readRegExp(reader: ValueReader): RegExp {
  const source = reader.readString();
  return reader.track(new RegExp(source, reader.readString()));
}

/** Writes the primitive in a Number, String, Boolean or BigInt object. */
export function writeBoxed(writer: ValueWriter, boxed: object): void {
  writer.writeByte(BOXED);
  writer.writeValue(primitiveIn(boxed));
}

function primitiveIn(boxed: object): unknown {
  const types = utilTypes();
  if (types.isNumberObject(boxed)) return Number.prototype.valueOf.call(boxed);
  if (types.isStringObject(boxed)) return String.prototype.valueOf.call(boxed);
  if (types.isBooleanObject(boxed)) return Boolean.prototype.valueOf.call(boxed);
  return BigInt.prototype.valueOf.call(boxed as unknown as bigint);
}

/** Reads the object of a primitive. */
export function readBoxed(reader: ValueReader): object {
  const primitive = reader.readValue();
  if (primitive === undefined || primitive === null || typeof primitive === "object") {
    throw new PayloadError("These bytes box a value that has no object form; they are corrupt.");
  }
  return reader.track(Object(primitive) as object);
}

/** Writes the href of a URL. */
export function writeUrl(writer: ValueWriter, url: URL): void {
  writer.writeByte(URL_TAG);
  writer.writeString(ownText(url.href));
}

/** Reads a URL. */
export function readUrl(reader: ValueReader): URL {
  return reader.track(new URL(reader.readString()));
}

/** Writes URLSearchParams as a query. */
export function writeUrlSearchParams(writer: ValueWriter, parameters: URLSearchParams): void {
  writer.writeByte(URL_SEARCH_PARAMS);
  writer.writeString(ownText(parameters.toString()));
}

/** Reads URLSearchParams. */
export function readUrlSearchParams(reader: ValueReader): URLSearchParams {
  return reader.track(new URLSearchParams(reader.readString()));
}

/** Writes Headers, name by name. Refuses more than `HEADERS_MAX`. */
export function writeHeaders(writer: ValueWriter, headers: Headers): void {
  writer.writeByte(HEADERS);
  let count = 0;
  for (const [name, value] of headers) {
    if (++count > HEADERS_MAX) {
      throw new Refusal(
        `holds more than ${HEADERS_MAX} headers; pass them as an array, [...headers].`,
      );
    }
    writer.writeString(ownText(name));
    writer.writeString(ownText(value));
  }
  writer.writeByte(END);
}

/** Reads Headers. */
export function readHeaders(reader: ValueReader): Headers {
  const headers = reader.track(new Headers());
  for (let count = 1; !reader.readEnd(); count++) {
    if (count > HEADERS_MAX) throw corrupt(`more than ${HEADERS_MAX} headers`);
    const name = reader.readKey();
    // Not set(): several Set-Cookie headers must stay several.
    headers.append(name, reader.readString());
  }
  return headers;
}
