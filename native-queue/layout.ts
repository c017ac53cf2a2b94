/**
 * Where everything lies in shared memory. Every offset is computed from the one before it; none is typed by hand.
 *
 * ```
 * QUEUE    one fixed-length SharedArrayBuffer, addressed as Int32 words    written by
 *   head                      next position to claim                       workers (and the parent, helping)
 *   sleep[MAX_WORKERS / 16]   16 idle bits | 16 spin bits a word           workers and wakers
 *   parent                    arm, epoch, ends announced                   parent and workers
 *   slots                     sleep words in use                           parent
 *   search                    whether the parent keeps the search          parent
 *   board                     version, traced; offering, helping: a bit a worker  workers
 *   worker[MAX_WORKERS]       park counter, gate, exit code, busy time,    see gate.ts, parker.ts,
 *                             messages posted, stops heard, phase,      worker-words.ts,
 *                             holder, offers, offered cells, helped     offers.ts, board.ts,
 *                             task, figures about children              helpers.ts
 *   ready[2 * tasks]          [lap | task index]                           parent
 *   state[tasks]              who owns a task, below                       parent and workers
 *   task[tasks]               128 bytes each, below                        parent; run also by workers
 * ARENA    one SharedArrayBuffer, committed by the system page by page as it is touched (arena.ts); optional
 * RESULT   one SharedArrayBuffer for each worker (result-ring.ts)
 * BOARD    one SharedArrayBuffer: for each of the first workers 32 cells of 4 KB for the children that it offers to others (board.ts)
 *
 * task     byte 0      4         8         12      16     20    24        32              128
 *          unused      callable  location  length  flags  run   id        inline payload  |
 * state    bit 31 … 10  generation: the low 22 bits of the position that the task was put at
 *          bit  9 …  2  owner: the slot of the worker that claimed it, or that it is offered to
 *          bit  1 …  0  tag: FREE, READY, CLAIMED, OFFERED
 * ```
 *
 * The states lie side by side and not in their tasks: a worker that claims one request after the other, and a parent that
 * puts many in one go, get sixteen states with one transfer of a cache line.
 *
 * Words of different writers lie 128 bytes apart: adjacent-line prefetch makes pairs of 64-byte
 * lines travel together on x86-64 (the size that crossbeam's CachePadded and Agrona use).
 */
import { log2, powerOfTwoAtLeast } from "./sequence.ts";
import {
  Atomics,
  Float64Array,
  Int32Array,
  RangeError,
  SharedArrayBuffer,
  Uint8Array,
} from "./globals.ts";

const WORD_BYTES = 4;
const LINE_WORDS = 128 / WORD_BYTES;

/** How many workers one queue can serve: an owner has 8 bits in a task's state. */
export const MAX_WORKERS = 256;
/** How many workers one word of the sleep sets serves: each has an idle bit and a spin bit. */
export const WORKERS_PER_SLEEP_WORD = 16;

let words = 0;
/** Takes lines of 128 bytes for so many words. Returns the first word. */
function line(count: number = 1): number {
  const at = words;
  words += Math.ceil(count / LINE_WORDS) * LINE_WORDS;
  return at;
}

/** Word of the next position to claim. */
export const HEAD: number = line();
/** First word of the sleep sets. */
export const SLEEP: number = line(MAX_WORKERS / WORKERS_PER_SLEEP_WORD);
const PARENT: number = line();
/** Word of what the parent wants to be woken for (parker.ts). */
export const PARENT_ARM: number = PARENT;
/** Word that the parent sleeps on. Every wake-up of the parent adds 1 to it. */
export const PARENT_EPOCH: number = PARENT + 1;
/** Word of the ends that workers have announced, wrapping. */
export const ENDS_ANNOUNCED: number = PARENT + 2;
/** Word that says how many words of the sleep sets the slots in use need. */
export const SLEEP_WORDS_IN_USE: number = line();
/** Word that is 1 while workers hand no search on, because the parent will (parker.ts). */
export const SEARCH_KEPT: number = line();
/** Word of the changes of the board so far, wrapping (board.ts). */
export const BOARD_VERSION: number = line();
/** Word that is 1 once a worker owns cells of the board (board.ts). */
export const BOARD_IN_USE: number = BOARD_VERSION + 1;
/** Word that is 1 while workers are to tell of the runs of children (tracing.ts). */
export const CHILDREN_TRACED: number = BOARD_VERSION + 2;
/** Word of the workers that have begun to listen for shared buffers so far (board-buffers.ts). */
export const LISTENERS: number = line();
/** Word of the last number that a worker has given to a shared buffer (board-buffers.ts). */
export const LAST_BUFFER: number = LISTENERS + 1;
/** First word of the set of workers that may offer children, a bit each (board.ts). */
export const OFFERING: number = line(MAX_WORKERS / 32);
/** First word of the set of helpers, a bit each (helpers.ts). */
export const HELPING: number = line(MAX_WORKERS / 32);
const WORKER: number = line(MAX_WORKERS * LINE_WORDS);
const READY: number = words;

/** Word of a worker's park counter. Every unpark of the worker adds 1 to it. */
export function parkWord(worker: number): number {
  return WORKER + worker * LINE_WORDS;
}
/** Word of a worker's gate (gate.ts). */
export function gateWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 1;
}
/** Word of a worker's exit code, valid when its gate reads ENDED. */
export function exitCodeWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 2;
}
/** Word of the milliseconds that a worker has been busy, wrapping after 24 days. */
export function busyMsWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 3;
}
/** Word of the messages that were posted to a worker's port so far, wrapping. */
export function postedWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 4;
}
/** Word of the requests to stop that a worker's event loop has handled. */
export function stopsHeardWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 5;
}
/** Word that says how far a worker has come: 0 at first, then what `notePhase` writes. */
export function readyWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 6;
}
/**
 * Word that says since when a worker is busy, in milliseconds on the clock that all threads share, wrapping; 0 for an
 * idle worker.
 */
export function busySinceWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 7;
}

/** Word of the task whose callable holds a worker's thread, counted from 1; 0 while none is known to hold it. */
export function holderWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 8;
}

/** Word of the requests that were offered to a worker so far, wrapping. */
export function offersWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 9;
}

/** Word with a bit for each cell of a worker's board in which a child may be offered (board.ts). */
export function offeredCellsWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 10;
}
/** Word of the root task of the tree that a helper works for, counted from 1 (helpers.ts). */
export function helpedTaskWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 11;
}
/** Word with a bit for each cell of a worker's board that is not free (board.ts). It goes on with the slot's next worker. */
export function usedCellsWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 15;
}
/** First word of a worker's figures about children (board-figures.ts): they go on with the slot's next worker. */
export function childFiguresWord(worker: number): number {
  return WORKER + worker * LINE_WORDS + 12;
}

/** How many children a worker can offer at a time: a bit each in `offeredCellsWord`. */
export const CELLS_PER_WORKER = 32;
/** How many words a cell of the board has. */
export const CELL_WORDS = 1024;
/** A board of so many workers takes a megabyte. The engine counts all of it in each thread, so it is not larger than needed. */
const DEFAULT_BOARD_WORKERS = 8;

/**
 * Parent: prepares a slot for a new worker. The park counter is left as it is: a waker that was late for the slot's
 * last worker only makes the new one look once more.
 */
export function resetWorker(views: QueueViews, worker: number): void {
  for (const word of [
    exitCodeWord(worker),
    busyMsWord(worker),
    busySinceWord(worker),
    postedWord(worker),
    stopsHeardWord(worker),
    readyWord(worker),
    holderWord(worker),
    offeredCellsWord(worker),
    helpedTaskWord(worker),
    offersWord(worker),
    gateWord(worker),
  ]) {
    Atomics.store(views.words, word, 0);
  }
}

/** How many words a task has. */
export const TASK_WORDS = 32;
// The fields of a task, in words from its first.
/** Field of a task: which callable to run. The owner of the queue decides what it means. */
export const TASK_CALLABLE = 1;
/** Field of a task: where its payload lies. The owner of the queue decides what it means. */
export const TASK_PLACE = 2;
/** Field of a task: how long its payload is. The owner of the queue decides what it means. */
export const TASK_LENGTH = 3;
/** Field of a task: what is particular about it. The owner of the queue decides what it means. */
export const TASK_FLAGS = 4;
/** Field of a task: what happens while it runs (task-run.ts). */
export const TASK_RUN = 5;
/** Field of a task: a double, two words, that names the request. */
export const TASK_ID = 6;
/** Field of a task: where its inline payload begins. */
export const TASK_INLINE = 8;
/** How many bytes of payload fit into the task itself. */
export const INLINE_BYTES: number = (TASK_WORDS - TASK_INLINE) * WORD_BYTES;

/** The shared memory of one queue, as it is handed to every worker. */
export interface QueueMemory {
  /** Control words, ready ring and tasks. */
  readonly queue: SharedArrayBuffer;
  /** Memory for payloads that do not fit a task; undefined when the owner of the queue provides that itself. */
  readonly arena: SharedArrayBuffer | undefined;
  /** How many tasks there are: a power of two, 2 to 65,536. */
  readonly tasks: number;
  /** The children that workers offer to each other (board.ts). The system commits it page by page as it is touched. */
  readonly board: SharedArrayBuffer;
}

/**
 * Creates the memory of a queue.
 *
 * @param tasks how many requests can be published and not yet settled, 2 to 65,536; rounded up to a power of two
 * @param arenaBytes size of the arena in bytes, a power of two, 256 to 2^30; without it there is none
 * @param boardWorkers so many workers, those with the first slots, can offer children to others
 * @throws RangeError for anything else
 */
export function createQueueMemory(
  tasks: number,
  arenaBytes?: number,
  boardWorkers: number = DEFAULT_BOARD_WORKERS,
): QueueMemory {
  if (!(Number.isInteger(tasks) && tasks >= 2 && tasks <= 65_536)) {
    throw new RangeError(`A queue holds 2 to 65536 tasks: tasks=${tasks}`);
  }
  const arena = arenaBytes === undefined ? undefined : createArenaMemory(arenaBytes);
  const rounded = powerOfTwoAtLeast(tasks);
  const bytes = (firstTaskOf(rounded) + rounded * TASK_WORDS) * WORD_BYTES;
  const memory: QueueMemory = {
    queue: new SharedArrayBuffer(bytes),
    arena,
    tasks: rounded,
    board: new SharedArrayBuffer(boardWorkers * CELLS_PER_WORKER * CELL_WORDS * WORD_BYTES),
  };
  // A lap has one bit less than its field, so no lap is all ones, and no entry matches before it is put.
  new Int32Array(memory.queue).fill(-1, READY, READY + 2 * rounded);
  return memory;
}

/**
 * Creates the memory of an arena. It costs address space, and memory once it is touched. The engine counts all of it at
 * once in every thread that has it, and collects garbage for it, so a thread gets it when it is needed.
 *
 * @param arenaBytes size in bytes, a power of two, 256 to 2^30
 * @throws RangeError for anything else, and when there is no memory
 */
export function createArenaMemory(arenaBytes: number): SharedArrayBuffer {
  if (
    !(arenaBytes >= 256 && arenaBytes <= 2 ** 30) ||
    powerOfTwoAtLeast(arenaBytes) !== arenaBytes
  ) {
    throw new RangeError(
      `An arena is a power of two of bytes, 256 to 2^30: arenaBytes=${arenaBytes}`,
    );
  }
  return new SharedArrayBuffer(arenaBytes);
}

/** First word of the first task: behind ready ring and states, on a line of its own. */
function firstTaskOf(tasks: number): number {
  return READY + Math.ceil((3 * tasks) / LINE_WORDS) * LINE_WORDS;
}

/** Views of a queue's memory, and sizes that follow from it. Each thread makes its own. */
export class QueueViews {
  /** The queue as words. */
  readonly words: Int32Array<SharedArrayBuffer>;
  /** The queue as bytes, for inline payloads. */
  readonly taskBytes: Uint8Array<SharedArrayBuffer>;
  /** The queue as doubles, for inline payloads and ids. */
  readonly taskFloats: Float64Array<SharedArrayBuffer>;
  /** The arena as bytes; undefined when the queue has none. */
  readonly arenaBytes: Uint8Array<SharedArrayBuffer> | undefined;
  /** The board as words. */
  readonly board: Int32Array<SharedArrayBuffer>;
  /** The board as bytes. */
  readonly boardBytes: Uint8Array<SharedArrayBuffer>;
  /** How many tasks there are. */
  readonly tasks: number;
  /** The bits of a position that name its entry in the ready ring. */
  readonly readyMask: number;
  /** How many bits of a ready entry hold the task's index; the rest is the lap. */
  readonly taskBits: number;
  /** How many bits of a position name its entry; the rest is its lap. */
  readonly lapShift: number;
  /** First word of the ready ring. */
  readonly ready: number = READY;
  /** First word of the tasks' states. */
  readonly states: number;
  /** First word of the first task. */
  readonly firstTask: number;

  /** @param memory what `createQueueMemory` has returned */
  constructor(memory: QueueMemory) {
    this.words = new Int32Array(memory.queue);
    this.taskBytes = new Uint8Array(memory.queue);
    this.taskFloats = new Float64Array(memory.queue);
    this.arenaBytes = memory.arena === undefined ? undefined : new Uint8Array(memory.arena);
    this.board = new Int32Array(memory.board);
    this.boardBytes = new Uint8Array(memory.board);
    this.tasks = memory.tasks;
    this.readyMask = 2 * memory.tasks - 1;
    this.taskBits = log2(memory.tasks);
    this.lapShift = this.taskBits + 1;
    this.states = READY + 2 * memory.tasks;
    this.firstTask = firstTaskOf(memory.tasks);
  }

  /** Word of a task's state (task-state.ts). */
  state(index: number): number {
    return this.states + index;
  }

  /** First word of a task. */
  task(index: number): number {
    return this.firstTask + index * TASK_WORDS;
  }

  /** Index of a task's id in `taskFloats`. */
  id(index: number): number {
    return (this.task(index) + TASK_ID) >> 1;
  }

  /** First byte of a task's inline payload in `taskBytes`: a multiple of 8, so that doubles may lie there. */
  inline(index: number): number {
    return (this.task(index) + TASK_INLINE) * WORD_BYTES;
  }
}
