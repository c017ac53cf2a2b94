/**
 * The decoder. Whatever the bytes, it gives a value or a PayloadError, looks at nothing beside the frame,
 * builds objects of known classes only, changes nothing of the language's own objects, and goes on working.
 */
import { isDeepStrictEqual } from "node:util";
import { Decoder, Encoder } from "../../src/codec/objects.ts";
import { PayloadError } from "../../src/errors.ts";
import type { Random } from "../storm/random.ts";
import { Finding } from "./fuzz-target.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { Account, AccountError, FRAMES, Sealed, hostileFrame } from "./hostile-frames.ts";
import * as poolErrors from "../../src/errors.ts";

const MARGIN = 64;
/** Objects of a value that are looked at. */
const MOST_OBJECTS = 2000;

const CONSTRUCTORS: readonly { readonly prototype: object }[] = [
  Object,
  Array,
  Map,
  Set,
  Date,
  RegExp,
  Number,
  String,
  Boolean,
  BigInt,
  Function,
  Promise,
  ArrayBuffer,
  SharedArrayBuffer,
  DataView,
  Buffer,
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  URL,
  URLSearchParams,
  Headers,
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
  SuppressedError,
  DOMException,
  ...Object.values(poolErrors),
  Account,
  AccountError,
  Sealed,
];
const KNOWN: ReadonlySet<object> = new Set(CONSTRUCTORS.map(({ prototype }) => prototype));
const WATCHED: readonly object[] = [...KNOWN, Reflect.getPrototypeOf(Uint8Array.prototype) ?? {}];
const BEFORE = WATCHED.map((prototype) => Object.getOwnPropertyDescriptors(prototype));

type Outcome = { readonly value: unknown } | { readonly message: string };

const decoder = new Decoder();
const encoder = new Encoder();
/** The well-formed frames, decoded and encoded before anything else was decoded. */
const ENCODED_AGAIN = FRAMES.map((frame) => encoded(decoder.decode(frame, 0, frame.length)));

export const decoderTarget: FuzzTarget = {
  name: "decoder",
  run(random) {
    const frame = hostileFrame(random);
    const first = decodedBetween(frame, 0x41);
    const second = decodedBetween(frame, 0xff);
    if (!isSameOutcome(first, second)) {
      throw new Finding("What lies beside the frame has changed the value.");
    }
    if ("value" in first) checkClasses(first.value);
    checkKeyCount();
    if (random.chance(0.01)) checkAfterwards(random);
  },
};

function decodedBetween(frame: Uint8Array, margin: number): Outcome {
  const bytes = new Uint8Array(new SharedArrayBuffer(frame.length + 2 * MARGIN)).fill(margin);
  bytes.set(frame, MARGIN);
  const handles = [5, null, {}, new ArrayBuffer(2)];
  try {
    return { value: decoder.decode(bytes, MARGIN, MARGIN + frame.length, handles) };
  } catch (error) {
    if (error instanceof PayloadError) return { message: error.message };
    throw new Finding("Something else than a PayloadError was thrown.", { cause: error });
  }
}

/** Compared by what an encoder makes of them; the usual comparisons take for ever on nested Maps. */
function isSameOutcome(first: Outcome, second: Outcome): boolean {
  if ("message" in first) return "message" in second && first.message === second.message;
  return "value" in second && encoded(first.value) === encoded(second.value);
}

function encoded(value: unknown): string {
  try {
    const length = encoder.encode(value, "value");
    return Buffer.from(encoder.bytes.buffer, 0, length).toString("latin1");
  } catch (error) {
    if (error instanceof PayloadError) return error.message;
    throw new Finding("What was decoded makes the encoder throw.", { cause: error });
  }
}

/** Every object is of a class that is built in or registered. */
function checkClasses(value: unknown): void {
  const seen = new Set<object>();
  const left: unknown[] = [value];
  while (left.length > 0 && seen.size < MOST_OBJECTS) {
    const object = left.pop();
    if (typeof object === "function") throw new Finding("A function was made from bytes.");
    if (typeof object !== "object" || object === null || seen.has(object)) continue;
    seen.add(object);
    const prototype = Reflect.getPrototypeOf(object);
    if (prototype !== null && !KNOWN.has(prototype)) {
      throw new Finding("An object of an unknown class was made from bytes.");
    }
    if (object instanceof Map) left.push(...object.keys(), ...object.values());
    if (object instanceof Set) left.push(...object);
    if (ArrayBuffer.isView(object)) continue;
    for (const [, { value: own }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      left.push(own);
    }
  }
}

/** Cheap, and so done each time: no prototype has gained or lost a key. */
function checkKeyCount(): void {
  for (const [index, prototype] of WATCHED.entries()) {
    if (Reflect.ownKeys(prototype).length !== Reflect.ownKeys(BEFORE[index] ?? {}).length) {
      throw new Finding("A prototype was changed by bytes.");
    }
  }
}

function checkAfterwards(random: Random): void {
  for (const [index, prototype] of WATCHED.entries()) {
    if (!isDeepStrictEqual(Object.getOwnPropertyDescriptors(prototype), BEFORE[index])) {
      throw new Finding("A property of a prototype was changed by bytes.");
    }
  }
  const index = random.between(0, FRAMES.length - 1);
  const frame = FRAMES[index] as Uint8Array;
  if (encoded(decoder.decode(frame, 0, frame.length)) !== ENCODED_AGAIN[index]) {
    throw new Finding("The decoder has kept something of the bytes before.");
  }
}
