import {
  RangeError,
  TypeError,
  checkKnownOptions,
  describeValue,
  inspect,
  ownOptions,
} from "../runtime/index.ts";
import { elementType } from "./typed-array-classes.ts";
import type { ItemOptions } from "./chunk-pool.ts";
import type { CollectionProgress } from "./collection-plan.ts";

/** Options of `map`, `starmap` and `mapSync`. */
export interface MapOptions<Settle extends boolean = boolean> extends ItemOptions {
  /** How many items travel together, 1 or more. When left out, it follows the measured run times. */
  readonly chunkSize?: number | undefined;
  /** With `true` every item has an outcome, as with `Promise.allSettled`, and no failure ends the collection. */
  readonly settle?: Settle | undefined;
  /** Called with `{ done, total }` when items have an outcome. `total` is undefined while it is unknown. */
  readonly onProgress?: ((progress: CollectionProgress) => void) | undefined;
}

/** The class of typed arrays that collect numbers or bigints, such as `Float64Array`. */
export interface TypedArrayClass {
  /** What instances inherit from. */
  readonly prototype: ArrayBufferView;
  /** Makes an array full of zeros. */
  new (length: number): ArrayBufferView;
}

/** Options of `map`, `starmap` and `mapSync` whose results are numbers, or bigints, in a typed array. */
export interface IntoOptions<C extends TypedArrayClass = TypedArrayClass> extends Omit<
  MapOptions<false>,
  "settle"
> {
  /** The class of the array that the results go into, such as `Float64Array`. A result that is no number, or no bigint, is a failure. */
  readonly into: C;
  /** Not together with `into`: an outcome is no number. */
  readonly settle?: false | undefined;
}

/** Options of `imap`. */
export interface ImapOptions<Settle extends boolean = boolean> extends MapOptions<Settle> {
  /**
   * How many items are taken, at most, whose outcome the program has not received, 1 or more. When left out, as many as keep the
   * workers busy.
   */
  readonly buffer?: number | undefined;
}

/** Options of `imapUnordered`. */
export interface ImapUnorderedOptions<
  Settle extends boolean = boolean,
  Entries extends boolean = boolean,
> extends ImapOptions<Settle> {
  /** With `true` the outcomes come as `[index, outcome]`. */
  readonly entries?: Entries | undefined;
}

/** Options of `reduce`. */
export interface ReduceOptions extends Omit<MapOptions, "settle"> {}

/** Options of `parallelFor`. */
export interface ParallelForOptions<
  A extends readonly unknown[] = readonly unknown[],
> extends ItemOptions {
  /** How many numbers each call gets, 1 or more; the last call may get fewer. When left out, it follows the measured run times. */
  readonly grain?: number | undefined;
  /** What the callable gets behind `start` and `end`. Shared memory is shared; everything else is copied, for some calls at a time. */
  readonly args?: A | undefined;
  /** Called with `{ done, total }`, both in numbers of the range. */
  readonly onProgress?: ((progress: CollectionProgress) => void) | undefined;
}

const KNOWN_OF_ITEMS = {
  signal: true,
  timeoutMs: true,
  queueTimeoutMs: true,
  priority: true,
  retries: true,
  foreign: true,
  carry: true,
} satisfies Record<keyof ItemOptions, true>;

const KNOWN_OF_MAP = {
  ...KNOWN_OF_ITEMS,
  chunkSize: true,
  settle: true,
  onProgress: true,
} satisfies Record<keyof MapOptions, true>;

const KNOWN_OF_WHOLE_MAP = { ...KNOWN_OF_MAP, into: true } satisfies Record<
  keyof IntoOptions,
  true
>;

const KNOWN_OF_REDUCE = {
  ...KNOWN_OF_ITEMS,
  chunkSize: true,
  onProgress: true,
} satisfies Record<keyof ReduceOptions, true>;

const KNOWN_OF_PARALLEL_FOR = {
  ...KNOWN_OF_ITEMS,
  grain: true,
  args: true,
  onProgress: true,
} satisfies Record<keyof ParallelForOptions, true>;

const KNOWN_OF_IMAP = { ...KNOWN_OF_MAP, buffer: true } satisfies Record<keyof ImapOptions, true>;

const KNOWN_OF_UNORDERED = { ...KNOWN_OF_IMAP, entries: true } satisfies Record<
  keyof ImapUnorderedOptions,
  true
>;

/** The methods that take the items of a collection. */
export type CollectionCall = "map" | "starmap" | "mapSync" | "imap" | "imapUnordered" | "reduce";

const KNOWN: Readonly<Record<CollectionCall, Readonly<Record<string, true>>>> = {
  map: KNOWN_OF_WHOLE_MAP,
  starmap: KNOWN_OF_WHOLE_MAP,
  mapSync: KNOWN_OF_WHOLE_MAP,
  imap: KNOWN_OF_IMAP,
  imapUnordered: KNOWN_OF_UNORDERED,
  reduce: KNOWN_OF_REDUCE,
};

/** The options of a collection, checked. */
export interface CheckedOptions {
  readonly items: ItemOptions;
  readonly chunkSize: number | undefined;
  readonly buffer: number | undefined;
  readonly settles: boolean;
  readonly entries: boolean;
  readonly into: TypedArrayClass | undefined;
  readonly onProgress: MapOptions["onProgress"];
}

/**
 * Checks the options of a collection, all but those that the pool checks for each request.
 *
 * @throws TypeError or RangeError that names the option, its range and the value
 */
export function checkOptions(options: unknown, call: CollectionCall): CheckedOptions {
  const given = options ?? {};
  checkKnownOptions(given, KNOWN[call], call);
  const own: ImapUnorderedOptions & Partial<IntoOptions> = ownOptions(given, KNOWN[call]);
  const { signal, timeoutMs, queueTimeoutMs, priority, retries, foreign, carry, onProgress } = own;
  checkOnProgress(onProgress);
  return {
    items: { signal, timeoutMs, queueTimeoutMs, priority, retries, foreign, carry },
    chunkSize: checkCount(own.chunkSize, "chunkSize"),
    buffer: checkCount(own.buffer, "buffer"),
    settles: checkFlag(own.settle, "settle"),
    entries: checkFlag(own.entries, "entries"),
    into: checkInto(own),
    onProgress,
  };
}

function checkInto({
  into,
  settle,
}: {
  into?: unknown;
  settle?: unknown;
}): TypedArrayClass | undefined {
  if (into === undefined) return undefined;
  if (elementType(into) === undefined)
    throw new TypeError(
      `into is the class of a typed array, such as Float64Array: into=${describeValue(into)}`,
    );
  if (settle === true)
    throw new TypeError(
      "With settle the outcomes are objects, which no typed array holds; leave one of the two out: settle=true",
    );
  return into as TypedArrayClass;
}

function checkCount(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  const range = `${name} is a whole number, 1 or more: ${name}=`;
  if (typeof value !== "number") throw new TypeError(range + inspect(value));
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(range + value);
  return value;
}

function checkFlag(value: unknown, name: string): boolean {
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  throw new TypeError(`${name} is true or false: ${name}=${inspect(value)}`);
}

function checkOnProgress(onProgress: unknown): void {
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw new TypeError(`onProgress is a function: onProgress=${inspect(onProgress)}`);
}

/** The options of `parallelFor`, checked. */
export interface CheckedParallelForOptions {
  readonly items: ItemOptions;
  readonly grain: number | undefined;
  readonly args: readonly unknown[];
  readonly onProgress: ParallelForOptions["onProgress"];
}

/**
 * Checks the options of `parallelFor`, all but those that the pool checks for each request.
 *
 * @throws TypeError or RangeError that names the option, its range and the value
 */
export function checkParallelForOptions(options: unknown): CheckedParallelForOptions {
  const given = options ?? {};
  checkKnownOptions(given, KNOWN_OF_PARALLEL_FOR, "parallelFor");
  const own: ParallelForOptions = ownOptions(given, KNOWN_OF_PARALLEL_FOR);
  const { grain, args, onProgress, ...items } = own;
  checkOnProgress(onProgress);
  if (args !== undefined && !Array.isArray(args))
    throw new TypeError(
      `args is an array of what the callable gets after start and end: args=${inspect(args)}`,
    );
  const size = checkCount(grain, "grain");
  if (size !== undefined && size > GRAIN_MAX)
    throw new RangeError(`grain is a whole number from 1 to ${GRAIN_MAX}: grain=${size}`);
  return { items, grain: size, args: [...(args ?? [])], onProgress };
}

/** A chunk of a range holds at least one grain, and no more numbers than an item cursor counts. */
const GRAIN_MAX = 2 ** 30;
