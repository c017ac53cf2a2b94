/** Payload location: the payload lies inside the task. Zero and more are offsets in the arena. */
export const INLINE = -1;
/** Payload location: the payload lies in shared memory of its own, which an out-of-band message brings. */
export const SPILLED = -2;

/** Task flags, payload kind: all of the payload lies in the queue. */
export const IN_BAND = 0;
/** Payload kind: the out-of-band message was posted to every worker before the task was put. */
export const OUT_OF_BAND_POSTED = 1;
/**
 * Payload kind: the parent keeps the out-of-band parts, because they can be moved to one worker only. The worker that
 * has claimed the task asks for them.
 */
export const OUT_OF_BAND_ON_DEMAND = 2;
/** Payload kind: bare numbers, written without an encoder. There is no out-of-band message. */
export const NUMBERS = 3;
const KIND_MASK = 3;

/** Task flag: the last of the encoded arguments is the requestID. It is not a number, so the task has no field for it. */
export const HAS_REQUEST_ID = 4;
/** Task flag: the worker tells when the run began and how long it took. */
export const IS_TIMED = 8;
/** Task flag: the request has a listener for the progress that the callable reports. */
export const WANTS_PROGRESS = 16;
/** Task flag: the parent may ask the run to stop; see `tryDecideEnd`. */
export const MAY_BE_STOPPED = 32;
/** Task flag: results, reports and errors of the run may hold instances of unregistered classes, which become plain data. */
export const FOREIGN_IS_PLAIN = 64;
/** Task flag: behind the arguments stand the stores of AsyncLocalStorages that the callable is to see. */
export const HAS_STORES = 128;
const ATTEMPT_SHIFT = 8;

/** The payload kind in the task flags: `IN_BAND` to `NUMBERS`. */
export function payloadKind(flags: number): number {
  return flags & KIND_MASK;
}

/** Whether an out-of-band message belongs to the payload. */
export function hasOutOfBand(flags: number): boolean {
  const kind = payloadKind(flags);
  return kind !== IN_BAND && kind !== NUMBERS;
}

/** Whether something is to be fetched or loaded before the callable of a task can be called. */
export function needsPreparing(flags: number): boolean {
  return hasOutOfBand(flags) || (flags & HAS_STORES) !== 0;
}

/** The task flags that tell the attempt. The first attempt, 1, is stored as 0. */
export function attemptFlags(attempt: number): number {
  return (attempt - 1) << ATTEMPT_SHIFT;
}

/** The attempt that the task flags tell, from 1. */
export function attemptOf(flags: number): number {
  return (flags >>> ATTEMPT_SHIFT) + 1;
}

/** Result status, the low byte of a frame's status word: the payload is the callable's result. */
export const SUCCEEDED = 1;
/** Result status: the payload is what the callable threw. */
export const FAILED = 2;
/** Result status: the worker is about to end because of an uncaught error, which is the payload. */
export const DYING = 3;
/** Status of a frame that is no result: the worker that has claimed the task asks for its out-of-band message. */
export const FETCH = 4;
/** Status of a frame that is no result: the payload is something that the callable reports while it runs. */
export const PROGRESS = 5;
/** Status of a frame that belongs to no task: the worker's initializer has failed; the payload is what it threw. */
export const NOT_INITIALIZED = 6;
/**
 * Status of a frame that belongs to no task: the worker's own code could not be loaded, and the worker ends. The payload
 * is the reason as text.
 */
export const NOT_LOADED = 7;
/**
 * Status of a frame that belongs to no task: the worker ends because of an uncaught error that came while it ran no
 * request. The payload is the error.
 */
export const UNCAUGHT = 8;
/** Status of a frame that is no result: the payload tells of the runs of children, as `ChildRuns[]`, for traces. */
export const CHILD_RUNS = 9;
const STATUS_MASK = 0xff;

/** The task of a frame that belongs to no task. */
export const NO_TASK = -1;

/** Flag above the status: an out-of-band message belongs to this result. It was posted before the frame was published. */
export const RESULT_HAS_OUT_OF_BAND = 0x100;
/** Flag above the status: the payload is one bare number, written without an encoder. */
export const RESULT_IS_NUMBER = 0x200;
/**
 * Flag above the status: two doubles stand before the payload. The first tells when the run began, on the clock that
 * all threads share; the second how long it took. Both are milliseconds.
 */
export const RESULT_IS_TIMED = 0x400;
/** Bytes of the two doubles of a timed result. */
export const TIMES_BYTES = 16;
const KNOWN_BITS = STATUS_MASK | RESULT_HAS_OUT_OF_BAND | RESULT_IS_NUMBER | RESULT_IS_TIMED;

/** The status in a frame's status word, without its flags. */
export function statusOf(word: number): number {
  return word & STATUS_MASK;
}

/** Whether a status word has a known status and known flags alone. */
export function isStatusWord(word: number): boolean {
  const status = statusOf(word);
  return status >= SUCCEEDED && status <= CHILD_RUNS && (word & ~KNOWN_BITS) === 0;
}
