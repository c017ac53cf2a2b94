/**
 * Where everything lies in shared memory. Every offset is accumulated from the one before it;
 * none is typed by hand.
 *
 * ```
 * QUEUE    one fixed-length SharedArrayBuffer, addressed as Int32 words
 *   head                      next position to claim                  workers (and the parent, helping)
 *   sleep[MAX_WORKERS / 16]   16 idle bits | 16 spin bits a word      workers and wakers
 *   parent                    arm, epoch, ends announced              parent and workers
 *   crew                      sleep words in use                      parent
 *   worker[MAX_WORKERS]       park, gate, exit code, busy,            see gate.ts, parker.ts
 *                             posted, stops heard, ready
 *   ready[2 * tasks]          [lap | task index]                      parent
 *   task[tasks]               128 bytes each, below                   parent; state also by workers
 * ARENA    one SharedArrayBuffer, committed by the system page by page as it is touched (arena.ts)
 * RESULT   one SharedArrayBuffer a worker (result-ring.ts)
 *
 * task     byte 0      4         8      12      16     20       24        32              128
 *          state       callable  place  length  flags  run      id        inline payload  |
 * state    bit 31 … 10  generation: the low 22 bits of the position it was put at
 *          bit  9 …  2  owner: the index of the worker that claimed it
 *          bit  1 …  0  tag: FREE, READY, CLAIMED
 * ```
 *
 * Words of different writers lie 128 bytes apart: adjacent-line prefetch makes pairs of 64-byte
 * lines travel together on x86-64 (the size that crossbeam's CachePadded and Agrona use).
 */
import { log2, powerOfTwoAtLeast } from "./sequence.ts";

const WORD_BYTES = 4;
const LINE_WORDS = 128 / WORD_BYTES;

/** How many workers one queue can serve: an owner has eight bits in a task's state. */
export const MAX_WORKERS = 256;
/** Workers per word of the sleep set: an idle bit and a spin bit each. */
export const WORKERS_PER_SLEEP_WORD = 16;

let words = 0;
function line(count: number = 1): number {
  const at = words;
  words += Math.ceil(count / LINE_WORDS) * LINE_WORDS;
  return at;
}

export const HEAD: number = line();
export const SLEEP: number = line(MAX_WORKERS / WORKERS_PER_SLEEP_WORD);
const PARENT: number = line();
export const PARENT_ARM: number = PARENT;
export const PARENT_EPOCH: number = PARENT + 1;
export const ENDS_ANNOUNCED: number = PARENT + 2;
export const SLEEP_WORDS_IN_USE: number = line();
const WORKER: number = line(MAX_WORKERS * LINE_WORDS);
const READY: number = words;

/** Word of a worker's park counter: bumped by whoever unparks it. */
export function parkWord(worker: number): number {
  return WORKER + worker * LINE_WORDS;
}
/** Word of a worker's gate (gate.ts). */
export function gateWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 1;
}
/** Word of a worker's exit code, valid once its gate reads ENDED. */
export function exitCodeWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 2;
}
/** Word of the milliseconds a worker has been busy, wrapping after 24 days. */
export function busyMsWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 3;
}
/** Word of the side messages posted to a worker so far, wrapping. */
export function postedWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 4;
}
/** Word of the requests to stop that a worker's event loop has come to. */
export function stopsHeardWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 5;
}
/** Word that says whether a worker is ready for requests: 0 until then, and what its user likes from then on. */
export function readyWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 6;
}
/** Word that says since when a worker is busy, in milliseconds on the clock that all threads share, wrapping; 0 while it is idle. */
export function busySinceWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 7;
}
/**
 * Parent: makes a slot ready for a new worker. The park counter is left as it is: a waker that was
 * late for the slot's last worker then bumps a counter that somebody reads afresh.
 */
export function resetWorker(views: QueueViews, worker: number): void {
  for (const word of [
    exitCodeWord(worker),
    busyMsWord(worker),
    busySinceWord(worker),
    postedWord(worker),
    stopsHeardWord(worker),
    readyWord(worker),
    gateWord(worker),
  ]) {
    Atomics.store(views.words, word, 0);
  }
}

/** Task fields, in words from the task's first. */
export const TASK_WORDS = 32;
/** Generation, owner and tag, as the header of this file draws them. */
export const TASK_STATE = 0;
/** Number of the callable to run. */
export const TASK_CALLABLE = 1;
/** Where the payload begins in the arena, or a negative number when it is not there. */
export const TASK_PLACE = 2;
/** Length of the payload in bytes. */
export const TASK_LENGTH = 3;
/** What kind of payload it is, and what else the worker must know: bits that the users of the queue define. */
export const TASK_FLAGS = 4;
/** What happens while it runs (task-run.ts). */
export const TASK_RUN = 5;
/** A double, two words, that names the request. */
const TASK_ID = 6;
const TASK_INLINE = 8;
/** Bytes of payload that travel inside the task itself. */
export const INLINE_BYTES: number = (TASK_WORDS - TASK_INLINE) * WORD_BYTES;

/** The shared memory of one queue, as it is handed to every worker. */
export interface QueueMemory {
  /** The words of the queue: see the header of layout.ts. */
  readonly queue: SharedArrayBuffer;
  /** Payloads that are too long for a task. */
  readonly arena: SharedArrayBuffer;
  /** A power of two, 2 to 65,536. */
  readonly tasks: number;
}

/**
 * Creates the memory of a queue.
 *
 * @param tasks requests that can be published and not yet settled, 2 to 65,536; rounded up to a power of two
 * @param arenaBytes size of the payload arena, a power of two, 256 to 2^30
 * @throws RangeError for anything else
 */
export function createQueueMemory(tasks: number, arenaBytes: number): QueueMemory {
  if (!(Number.isInteger(tasks) && tasks >= 2 && tasks <= 65_536)) {
    throw new RangeError(`A queue holds 2 to 65536 tasks: tasks=${tasks}`);
  }
  if (
    !(arenaBytes >= 256 && arenaBytes <= 2 ** 30) ||
    powerOfTwoAtLeast(arenaBytes) !== arenaBytes
  ) {
    throw new RangeError(
      `An arena is a power of two of bytes, 256 to 2^30: arenaBytes=${arenaBytes}`,
    );
  }
  const rounded = powerOfTwoAtLeast(tasks);
  const bytes = (READY + 2 * rounded + rounded * TASK_WORDS) * WORD_BYTES;
  const memory: QueueMemory = {
    queue: new SharedArrayBuffer(bytes),
    arena: new SharedArrayBuffer(arenaBytes),
    tasks: rounded,
  };
  // No lap is all ones (a lap has one bit less than its field), so no entry matches before it is put.
  new Int32Array(memory.queue).fill(-1, READY, READY + 2 * rounded);
  return memory;
}

/** Views and derived sizes of a queue's memory; each thread makes its own. */
export class QueueViews {
  /** The queue as words of four bytes. */
  readonly words: Int32Array<SharedArrayBuffer>;
  /** The same memory as bytes, for inline payloads. */
  readonly taskBytes: Uint8Array<SharedArrayBuffer>;
  /** The same memory as doubles, for ids and bare numbers. */
  readonly taskFloats: Float64Array<SharedArrayBuffer>;
  /** The arena as bytes. */
  readonly arenaBytes: Uint8Array<SharedArrayBuffer>;
  /** How many tasks there are, a power of two. */
  readonly tasks: number;
  /** Bits of a position that give its slot in the ring of ready tasks. */
  readonly readyMask: number;
  /** Bits of a ready entry that hold the task's index. */
  readonly taskBits: number;
  /** Bits of a position that hold its slot; the rest is its lap. */
  readonly lapShift: number;
  /** First word of the ring of ready tasks. */
  readonly ready: number = READY;
  /** First word of the first task. */
  readonly firstTask: number;

  /** @param memory what `createQueueMemory` has returned, in this thread or another */
  constructor(memory: QueueMemory) {
    this.words = new Int32Array(memory.queue);
    this.taskBytes = new Uint8Array(memory.queue);
    this.taskFloats = new Float64Array(memory.queue);
    this.arenaBytes = new Uint8Array(memory.arena);
    this.tasks = memory.tasks;
    this.readyMask = 2 * memory.tasks - 1;
    this.taskBits = log2(memory.tasks);
    this.lapShift = this.taskBits + 1;
    this.firstTask = READY + 2 * memory.tasks;
  }

  /** First word of a task. */
  task(index: number): number {
    return this.firstTask + index * TASK_WORDS;
  }

  /** Where a task's id is, in `taskFloats`. */
  id(index: number): number {
    return (this.task(index) + TASK_ID) >> 1;
  }

  /** First byte of a task's inline payload, in `taskBytes`; a multiple of 8, so that doubles may lie there. */
  inline(index: number): number {
    return (this.task(index) + TASK_INLINE) * WORD_BYTES;
  }
}
