/**
 * What the parent and a worker agree on besides the queue itself: task flags, result statuses and
 * the messages of the side channel.
 */
import type { CallableDefinition } from "../callable/index.ts";
import type { MessagePort } from "node:worker_threads";
import type { QueueMemory } from "../../native-queue/index.ts";

/** Task flags: where the parts of the payload are that bytes in the queue cannot carry. */
export const IN_BAND = 0;
/** Posted to every worker before the task was put. */
export const OUT_OF_BAND_POSTED = 1;
/** With the parent: they can be moved to one worker only, so the one that has claimed the task asks for them. */
export const OUT_OF_BAND_ON_DEMAND = 2;

/** No side message, and the payload is bare numbers, not an encoder's frame. */
export const NUMBERS = 3;
const KIND_MASK = 3;

/** Task flag above these: the last argument is not one, but the requestID, which is no number. */
export const HAS_REQUEST_ID = 4;
/** Task flag: the worker says when the run began, and how long it took. */
export const IS_TIMED = 8;
/** Task flag: somebody wants to hear what the callable reports. */
export const WANTS_PROGRESS = 16;
/** Task flag: the run may be asked to stop; see `tryDecideEnd`. */
export const MAY_BE_STOPPED = 32;
const ATTEMPT_SHIFT = 8;

/** How the payload comes: `IN_BAND` to `NUMBERS`. */
export function payloadKind(flags: number): number {
  return flags & KIND_MASK;
}

/** May a part of the payload come by message? */
export function mayHaveOutOfBand(flags: number): boolean {
  const kind = payloadKind(flags);
  return kind !== IN_BAND && kind !== NUMBERS;
}

/** The attempt, from 1, as it stands in the task flags; 0 stands for the first. */
export function attemptFlags(attempt: number): number {
  return (attempt - 1) << ATTEMPT_SHIFT;
}

export function attemptOf(flags: number): number {
  return (flags >>> ATTEMPT_SHIFT) + 1;
}

/** Result status, the low byte of a frame's status word. */
export const SUCCEEDED = 1;
/** The callable threw; the payload is what it threw. */
export const FAILED = 2;
/** The worker is about to end because of an uncaught error; the payload is that error. */
export const DYING = 3;
/** Not a result: the worker that claimed the task asks for its side message. */
export const FETCH = 4;
/** Not a result: something that the callable reports while it runs. */
export const PROGRESS = 5;
/** In the place of a task: the frame belongs to none. */
export const NO_TASK = -1;
/** Of no task: the worker's initializer has failed; the payload is what it threw. */
export const NOT_INITIALIZED = 6;
/** Likewise: the worker's own code could not be loaded; the payload is the reason as text. The worker ends. */
export const NOT_LOADED = 7;
/** Likewise: the worker ends because of an uncaught error that came while it ran no request; the payload is the error. */
export const UNCAUGHT = 8;
const STATUS_MASK = 0xff;
/** Flag above the status: a side message belongs to this result; it was posted before the frame was published. */
export const RESULT_HAS_OUT_OF_BAND = 0x100;

/** Flag above the status: the payload is one bare number, not an encoder's frame. */
export const RESULT_IS_NUMBER = 0x200;

/** Flag above the status: before the payload stand two doubles, `RunTimes`. */
export const RESULT_IS_TIMED = 0x400;
/** Bytes of the two: when the run began, on the clock that all threads share, and how long it took, in milliseconds. */
export const TIMES_BYTES = 16;

/** The status without its flags. */
export function statusOf(word: number): number {
  return word & STATUS_MASK;
}

const KNOWN_BITS = STATUS_MASK | RESULT_HAS_OUT_OF_BAND | RESULT_IS_NUMBER | RESULT_IS_TIMED;

/** Is it a status that there is, with flags that there are? */
export function isStatusWord(word: number): boolean {
  const status = statusOf(word);
  return status >= SUCCEEDED && status <= UNCAUGHT && (word & ~KNOWN_BITS) === 0;
}

/** What bytes in the queue cannot carry: posted before the task or frame that refers to it is read. */
export interface OutOfBandMessage {
  readonly task: number;
  readonly generation: number;
  /** The whole payload, when it is too big for the queue. */
  readonly spill: SharedArrayBuffer | undefined;
  readonly spillBytes: number;
  /** What the codec could only refer to: shared buffers, ports, Blobs, moved buffers. */
  readonly handles: readonly unknown[];
}

/** A side message of the parent's; `position` is where the task was put. */
export interface PostedOutOfBandMessage {
  readonly position: number;
  readonly side: OutOfBandMessage;
}

/** From now on requests name this buffer by its number; or, without a buffer, no request does any more. */
export interface SharedBufferMessage {
  readonly id: number;
  readonly buffer: SharedArrayBuffer | undefined;
}

/** What the parent posts to a worker's port. */
export type PortMessage = PostedOutOfBandMessage | SharedBufferMessage;

/** What the parent says of a callable that is new: a message event, since loading one takes turns of the event loop anyway. */
export interface CallableMessage {
  readonly id: number;
  readonly definition: CallableDefinition;
}

/** What the parent says of a request whose run is to stop: a message event, for callables that wait for something. */
export interface StopMessage {
  readonly stopTask: number;
  readonly generation: number;
}

/** The first message event of a worker: what it is started with. */
export interface WorkerInit {
  readonly memory: QueueMemory;
  readonly ring: SharedArrayBuffer;
  readonly port: MessagePort;
  /** The worker's index in the queue. */
  readonly slot: number;
  readonly workerId: number;
  /** How many cores the process may use. */
  readonly cores: number;
  /** Callables known so far, by id. */
  readonly callables: readonly CallableDefinition[];
  /** Somebody may wait for room in the request queue: wake the parent after claims too. */
  readonly wakesForClaims: boolean;
  /** How many asynchronous callables it runs at a time. */
  readonly concurrency: number;
  /** What to run before the first request. */
  readonly initializer: InitializerMessage | undefined;
  /** It ends after so many requests, Infinity for no limit, and a successor takes its place. */
  readonly maxRequests: number;
  /** It ends when its heap is larger after a collection, in bytes; Infinity for no limit. */
  readonly memoryLimitBytes: number;
}

/** A callable and its arguments, as the parent's encoder has written them. */
export interface InitializerMessage {
  readonly definition: CallableDefinition;
  readonly frame: Uint8Array;
  readonly handles: readonly unknown[];
}
