import type { FunctionDefinition } from "../callable/index.ts";
import type { StorageDefinition } from "../callable/load.ts";
import { hashOf } from "../runtime/index.ts";

/**
 * The payload of an offered child: two numbers of 4 bytes, then the encoded head, then the encoded arguments. The arguments stand
 * for themselves, because they may need what only the module of the callable registers.
 *
 * The first number says how many workers listened for buffers before the arguments were encoded, the second how long the head is.
 */
export const PREFIX_BYTES = 8;

/** The head of an offered child, before it is encoded. */
export type ChildHead = readonly [
  /** The definition of the callable, as JSON. */
  callable: string,
  requestID: string,
  attempt: number,
  /** In milliseconds; Infinity for no limit. */
  timeoutMs: number,
  /** The storages whose stores stand behind the arguments, as one argument more; undefined when there are none. */
  carried: readonly StorageDefinition[] | undefined,
  /** So many bytes of encoded arguments lie in a shared buffer, which stands in their place; 0 when they stand there themselves. */
  spilledBytes: number,
  /** Whether a trace wants to hear of it. */
  isTraced: boolean,
  /** Whether it is a range: items of a collection, which stand in the place of the arguments. */
  isRange: boolean,
];

/** Status of an outcome: the payload is the result. */
export const SUCCEEDED = 1;
/** Status: the payload is what the callable threw. */
export const FAILED = 2;
/** Status: the taker could not run the child, and has not begun it. */
export const RETURNED = 3;
/** Status: the taker has ended while it ran the child. The payload is the `WorkerDied`. */
export const DIED = 4;

/** Flag above the status: before the outcome stands the length of what a trace is to hear, in 4 bytes, and that, as `ChildRuns[]`. */
export const HAS_RUNS = 0x100;
/** The status without what stands above it. */
export const STATUS_MASK = 0xff;
/** Above the flag: of a range that has failed, which item it was, counted from the first one. */
export const FAILED_AT_SHIFT = 9;

/** A definition as text, by which all workers name it. */
export function textOf(definition: FunctionDefinition): string {
  return JSON.stringify(definition);
}

const HAS_BUFFERS_BIT = 1;
const IS_ASYNC_BIT = 2;

/**
 * What a taker can see of a child before it takes it: 30 bits of the callable's text, whether shared buffers go with it, and whether it
 * is an async function. It is a hint: a taker that finds that it cannot run the child returns it.
 */
export function markOf(text: string, hasBuffers: boolean, isAsync: boolean): number {
  const hash = Number(BigInt.asUintN(30, hashOf(text)));
  return (hash << 2) | (isAsync ? IS_ASYNC_BIT : 0) | (hasBuffers ? HAS_BUFFERS_BIT : 0) | 0;
}

/** The mark without what it says of buffers. */
export function callableMark(mark: number): number {
  return mark & ~HAS_BUFFERS_BIT;
}
/** Whether the callable is an async function. */
export function isAsyncMark(mark: number): boolean {
  return (mark & IS_ASYNC_BIT) !== 0;
}
