/** Frames that no encoder writes: damaged ones, and ones made up of tags and hostile counts. */
import { registerClass } from "../../src/codec/index.ts";
import { Encoder } from "../../src/codec/objects.ts";
import * as tags from "../../src/codec/tags.ts";
import type { Random } from "../storm/random.ts";

/** Registered; its setter and its method must never be run by bytes. */
export class Account {
  owner = "";
  balance: unknown = 0;

  set secret(_: unknown) {
    throw new Error("Bytes have run a setter.");
  }

  withdraw(): never {
    throw new Error("Bytes have run a method.");
  }
}

/** Registered; an error. */
export class AccountError extends RangeError {
  override name = "AccountError";
  detail: unknown = null;
}

/** Registered with encode and decode; its decode takes whatever the bytes hold. */
export class Sealed {
  readonly #content: unknown;
  constructor(content: unknown) {
    this.#content = content;
  }
  get content(): unknown {
    return this.#content;
  }
}

registerClass(Sealed, {
  name: "fuzz.Sealed",
  encode: ({ content }) => content,
  decode: (content) => {
    if (content === "refused") throw new RangeError("refused");
    return new Sealed(content);
  },
});
registerClass(Account, { name: "fuzz.Account" });
registerClass(AccountError, { name: "fuzz.AccountError" });

/** What a program that trusts keys would fall over. */
const KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "secret",
  "withdraw",
  "then",
  "length",
  "stack",
  "name",
  "message",
  "fuzz.Account",
  "fuzz.AccountError",
  "fuzz.Sealed",
  "fuzz.Unknown",
  "0",
  "999",
  "4294967294",
  "",
];

/** Gives an object own properties of those names; assigning some of them would do something else. */
function withHostileKeys<T extends object>(object: T): T {
  for (const key of KEYS) {
    const value = { polluted: true };
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true });
  }
  return object;
}
const hostileKeys: object = withHostileKeys({});

const cyclic: Record<string, unknown> = { list: [1, 2] };
cyclic["self"] = [cyclic, cyclic["list"]];

const sparse: unknown[] = [1];
sparse[5000] = { far: true };

function nested(levels: number): unknown {
  let value: unknown = "innermost";
  for (let level = 0; level < levels; level++) {
    value = level % 3 === 0 ? [value] : level % 3 === 1 ? { value } : new Map([[level, value]]);
  }
  return value;
}

const account = Object.assign(new Account(), { owner: "owner", balance: 10n ** 30n });

const VALUES: readonly unknown[] = [
  undefined,
  [1, -1, 0.5, -0, NaN, "text", "語", 5n, 3n ** 100n, null, undefined, true, "x".repeat(200)],
  { a: { b: [[], [{}]], key: "x".repeat(100) }, "odd key": 1 },
  hostileKeys,
  new Map<unknown, unknown>([
    ["__proto__", new Set([1, new Date(5)])],
    [/x/g, Object(1)],
    [hostileKeys, new Map([["constructor", 1]])],
  ]),
  [
    new Uint8Array(40),
    Buffer.from("bytes"),
    new Float64Array(4),
    new ArrayBuffer(3),
    new Uint8Array(1100),
    new BigInt64Array(2),
    new DataView(new ArrayBuffer(9), 1),
  ],
  new ArrayBuffer(4, { maxByteLength: 8 }),
  Object.assign(new TypeError("e", { cause: new AggregateError([1, cyclic]) }), {
    code: "E",
    account,
  }),
  withHostileKeys(new AccountError("far")),
  [account, withHostileKeys(new Account())],
  [new Sealed([new Sealed(1n), account]), { sealed: new Sealed(cyclic) }],
  Object.assign([1, [2]], { links: { a: cyclic }, "-1": [] }),
  /(?<q>a)(b)?/.exec("xa"),
  [
    new URL("https://a.example/?q#f"),
    new URLSearchParams("a=1&a=2"),
    new Headers({ a: "b", "set-cookie": "c=1" }),
    new DOMException("m", "AbortError"),
    new SuppressedError(new Error("a"), new Error("b"), "c"),
  ],
  sparse,
  cyclic,
  nested(1500),
  withHostileKeys(Object.create(null) as object),
];

const encoder = new Encoder();

/** Well-formed frames, from which the others are made. */
export const FRAMES: readonly Uint8Array<ArrayBuffer>[] = VALUES.map(frameOf);

function frameOf(value: unknown): Uint8Array<ArrayBuffer> {
  const length = encoder.encode(value, "value");
  return encoder.bytes.slice(0, length);
}

/** Without their header; those that stand alone. */
const SHORT_VALUES = [
  new Map(),
  new Error(),
  new URL("a:"),
  new Headers({ a: "b" }),
  /a/g,
  { 999: 1 },
  Array(3),
].map((value) => frameOf(value).slice(1));

const LONGEST = 1 << 16;
const INTERESTING = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff];
const TAGS: readonly number[] = Array.from({ length: 0x24 }, (_, tag) => tag);

/** A frame that was changed in a few ways, or one that was made up. */
export function hostileFrame(random: Random): Uint8Array<ArrayBuffer> {
  if (random.chance(0.2)) return madeUpFrame(random);
  let bytes = [...random.pick(FRAMES)];
  for (let changes = random.between(1, 6); changes > 0; changes--) {
    bytes = changed(random, bytes).slice(0, LONGEST);
  }
  return Uint8Array.from(bytes.length === 0 ? [random.between(0, 3)] : bytes);
}

function changed(random: Random, bytes: readonly number[]): number[] {
  const at = random.between(0, Math.max(0, bytes.length - 1));
  const count = random.between(0, Math.min(40, bytes.length - at));
  switch (random.between(0, 8)) {
    case 0:
      return bytes.toSpliced(at, 1, (bytes[at] ?? 0) ^ (1 << random.between(0, 7)));
    case 1:
      return bytes.toSpliced(at, 1, random.pick(TAGS));
    case 2:
      return bytes.toSpliced(at, 1, random.pick(INTERESTING));
    case 3:
      return bytes.slice(0, at);
    case 4:
      return bytes.toSpliced(at, count);
    case 5:
      return bytes.toSpliced(at, 0, ...bytes.slice(at, at + count));
    case 6:
      return bytes.toSpliced(at, count, ...random.pick(FRAMES).slice(0, 60));
    case 7:
      return bytes.toSpliced(at, random.between(0, 1), ...hostileCount(random));
    default:
      return bytes.toSpliced(at, 0, ...madeUpValue(random, 3));
  }
}

/** Tags in any order with counts of any size, under any header. */
function madeUpFrame(random: Random): Uint8Array<ArrayBuffer> {
  const header = random.pick([0, 0, 1, 1, 2, 3, 4, 0xff]);
  if (random.chance(0.1)) return Uint8Array.from([header, ...bomb(random)]);
  if (random.chance(0.05)) return Uint8Array.from(flood(random));
  const bytes = [header];
  for (let values = random.between(1, 8); values > 0; values--) {
    bytes.push(...madeUpValue(random, random.between(0, 6)));
  }
  if ((header & tags.HAS_BUFFERS) !== 0 && random.chance(0.8)) {
    const directoryAt = random.between(0, bytes.length + 2);
    bytes.push(...hostileCount(random), ...hostileCount(random));
    bytes.push(...new Uint8Array(Float64Array.of(directoryAt).buffer));
  }
  return Uint8Array.from(bytes.slice(0, LONGEST));
}

/** The same few bytes over and over, so that values are nested very deeply. */
function bomb(random: Random): number[] {
  const opening = random.pick([
    [tags.MAP],
    [tags.SET],
    [tags.ARRAY, 1],
    [tags.OBJECT, 1, tags.SHORT_STRING],
    [tags.ERROR, 0, 5],
    [tags.ERROR, 7, 6, tags.ARRAY, 1],
    [tags.BOXED],
    [tags.DEFERRED, tags.ARRAY],
    [tags.ARRAY, 0x7f, tags.DEFERRED, tags.OBJECT],
    [tags.BIGINT_HEX],
  ]);
  const times = random.sizeBetween(1, LONGEST / opening.length);
  return Array.from({ length: times }, () => opening).flat();
}

/** As many values as there is room for whose claims cost few bytes: objects of the platform, headers, buffers. */
function flood(random: Random): number[] {
  const room = random.sizeBetween(10, LONGEST);
  if (random.chance(0.3)) return floodOfBuffers(random, room);
  const isHeaders = random.chance(0.3);
  const bytes: number[] = [];
  const value = random.pick(SHORT_VALUES);
  let count = 0;
  for (; bytes.length < room; count++) {
    if (isHeaders) bytes.push(...shortText(`x${count.toString(36)}`), ...shortText("1"));
    else bytes.push(...value);
  }
  return isHeaders
    ? [0, tags.HEADERS, ...bytes, tags.END]
    : [0, tags.ARRAY, ...countBytes(count), ...bytes];
}

/** Buffers of a byte, all of which claim that they may grow. */
function floodOfBuffers(random: Random, room: number): number[] {
  const count = Math.ceil(room / 12);
  const numbers = Array.from({ length: count }, (_, index) => index);
  const growth = countBytes(2 ** random.between(1, 40));
  const value = [
    tags.HAS_BUFFERS,
    tags.ARRAY,
    ...countBytes(count),
    ...numbers.flatMap((index) => [tags.BUFFER, ...countBytes(index)]),
  ];
  const directory = numbers.flatMap(() => [tags.RESIZABLE, 0, 1, ...growth]);
  const footer = new Uint8Array(Float64Array.of(value.length).buffer);
  return [...value, ...countBytes(count), ...directory, ...numbers.map(() => 7), ...footer];
}

function shortText(text: string): number[] {
  return [tags.SHORT_STRING + text.length, ...Buffer.from(text, "latin1")];
}

function madeUpValue(random: Random, depth: number): number[] {
  const tag = random.chance(0.15) ? random.between(0, 0xff) : random.pick(TAGS);
  const bytes = [tag];
  for (let parts = random.between(0, 4); parts > 0; parts--) {
    const kind = random.between(0, 5);
    if (kind === 0) bytes.push(random.between(0, 0xff));
    else if (kind === 1) bytes.push(...hostileCount(random));
    else if (kind === 2) bytes.push(...keyBytes(random));
    else if (depth > 0) bytes.push(...madeUpValue(random, depth - 1));
  }
  if (random.chance(0.3)) bytes.push(tags.END);
  return bytes;
}

function keyBytes(random: Random): number[] {
  return shortText(random.pick(KEYS));
}

/** A count as LEB128: small ones, those about powers of two, and those that are too long. */
function hostileCount(random: Random): number[] {
  if (random.chance(0.5)) return [random.between(0, 0x7f)];
  if (random.chance(0.1)) return Array.from({ length: 12 }, () => 0xff);
  return countBytes(2 ** random.between(7, 53) + random.between(-1, 1));
}

/** Unsigned LEB128. */
function countBytes(count: number): number[] {
  const bytes: number[] = [];
  let rest = count;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}
