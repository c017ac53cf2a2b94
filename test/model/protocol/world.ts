/**
 * Everything that a state consists of: the words in shared memory, and what each thread knows by itself.
 *
 * Park counters and the epoch are only ever compared with an earlier reading of the same thread. They are kept as the
 * result of that comparison: there is no reading, the reading is FRESH, or it is STALE.
 */
import { workerThreads } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";
import { Layout, viewer } from "./explorer/fields.ts";
import type { View } from "./explorer/fields.ts";

/** Tags of a task's state. */
export const FREE = 0;
export const READY = 1;
export const CLAIMED = 2;

/** States of a gate, numbered as in native-queue/gate.ts. */
export const STARTING = 0;
export const OPEN = 1;
export const AT_QUEUE = 2;
export const DISMISSING = 3;
export const DISMISSED = 4;
export const DISMISSED_AT_QUEUE = 5;
export const KILLING = 6;
export const SHUT = 7;
export const ENDED = 8;

/** A reading of a counter that will be compared with the counter. */
export const NO_READING = 0;
export const FRESH = 1;
export const STALE = 2;

/** The state of a waiter: no thread waits, it sleeps, or it was notified and has not gone on yet. */
export const NO_WAITER = 0;
export const ASLEEP = 1;
export const WOKEN = 2;

/** What the parent is armed for. */
export const NOT_ARMED = 0;
export const FOR_RESULTS = 1;
export const FOR_CLAIMS = 2;

/** The state of a worker's thread. A killed one runs on until it is gone. */
export const UNBORN = 0;
export const ALIVE = 1;
export const KILLED = 2;
export const GONE = 3;

/** What the parent knows of a worker: the states of a `WorkerRecord` of src/pool. */
export const NO_CHANNEL = 0;
export const RUNNING = 1;
export const LEAVING = 2;
export const TERMINATED = 3;
export const CLOSED = 4;

/** The outcome of a request that was put. */
export const PENDING = 1;
export const DONE = 2;
export const DIED = 3;
export const CANCELLED = 4;

// Positions are counted modulo 8, generations and frames modulo 4 (configuration.ts). A value beyond its bound is
// refused when a state is packed.
const queueBounds = { head: 7, idle: 15, spin: 15, arm: 2, ends: 3 };
/** `lap` counts from 1; 0 is the lap of an entry that was never put. */
const entryBounds = { lap: 8, task: 1 };
const taskBounds = {
  tag: 2,
  generation: 3,
  owner: 3,
  /** The request whose arguments lie in it, from 1. */
  payload: 7,
  // From here on: known to the parent alone.
  isInUse: 1,
  position: 7,
  /** The request whose outcome is to come, from 1. */
  request: 7,
};
/** `park`: the worker's reading of its park counter. `occupant`: a thread of `workers`, from 1. */
const slotBounds = { gate: 8, park: 2, waiter: 2, occupant: 7 };
const requestBounds = { outcome: 4, runs: 3 };
const workerBounds = {
  at: 127,
  life: 3,
  slot: 3,
  /** Position it reads, claims or looks at. */
  head: 7,
  task: 1,
  /** 1 from the claim of `task` to the publishing of its result. */
  holds: 1,
  value: 7,
  isSearching: 1,
  /** The worker that it wakes, and the word of the sleep sets that it looks at. */
  target: 3,
  word: 3,
  firstIdle: 4,
  armed: 2,
  /** 1 when nothing waited as it read the entry. For the invariant that EMPTY is true. */
  sawNothing: 1,
  tail: 3,
  read: 3,
  wanted: 1,
  // From here on: known to the parent alone.
  channel: 4,
  /** Tasks that it held when it was killed, a bit each. */
  held: 3,
};
const frameBounds = { task: 1, generation: 3, value: 7 };
const parentBounds = {
  at: 127,
  /** The next request to put, and the first that is put and not published: those between form the backlog. */
  next: 7,
  first: 7,
  tail: 7,
  headSeen: 7,
  head: 7,
  task: 1,
  worker: 7,
  other: 7,
  taken: 2,
  endsSeen: 3,
  ended: 127,
  putFor: 1,
  /** Requests that are put in one go: how many, the position of the first, and the plain stores that no other thread sees yet. */
  group: 2,
  groupAt: 7,
  hidden: 15,
  reactFor: 4,
  buryFor: 2,
  readFor: 2,
  lookFor: 2,
  target: 3,
  word: 3,
  firstIdle: 4,
  epoch: 2,
  waiter: 2,
  /** The waiter of the parent's promise, if one is out. */
  promise: 2,
  owed: 3,
};
/** What may still happen. */
const leftBounds = { kills: 3, exits: 3, crashes: 3, cancels: 3, dismissals: 3 };

export type Queue = View<typeof queueBounds>;
export type Entry = View<typeof entryBounds>;
export type Task = View<typeof taskBounds>;
export type Slot = View<typeof slotBounds>;
export type Request = View<typeof requestBounds>;
export type Worker = View<typeof workerBounds>;
export type Frame = View<typeof frameBounds>;
export type Parent = View<typeof parentBounds>;
export type Left = View<typeof leftBounds>;

/** A state as objects over its bytes. */
export interface World {
  readonly config: Configuration;
  readonly bytes: Uint8Array;
  readonly queue: Queue;
  readonly entries: readonly Entry[];
  readonly tasks: readonly Task[];
  readonly slots: readonly Slot[];
  readonly requests: readonly Request[];
  readonly workers: readonly Worker[];
  /** Frames of each worker's result ring. */
  readonly frames: readonly (readonly Frame[])[];
  readonly parent: Parent;
  readonly left: Left;
}

const viewers = {
  queue: viewer(queueBounds),
  entry: viewer(entryBounds),
  task: viewer(taskBounds),
  slot: viewer(slotBounds),
  request: viewer(requestBounds),
  worker: viewer(workerBounds),
  frame: viewer(frameBounds),
  parent: viewer(parentBounds),
  left: viewer(leftBounds),
};

/** Builds the layout of the states of a configuration, and any number of worlds over it. */
export class WorldBuilder {
  readonly layout: Layout = new Layout();
  readonly #config: Configuration;
  readonly #first: Record<keyof typeof viewers, number[]>;

  constructor(config: Configuration) {
    const { layout } = this;
    const threads = workerThreads(config);
    this.#config = config;
    this.#first = {
      queue: layout.add("queue", queueBounds),
      entry: layout.add("entry", entryBounds, 2 * config.tasks),
      task: layout.add("task", taskBounds, config.tasks),
      slot: layout.add("slot", slotBounds, config.slots),
      request: layout.add("request", requestBounds, config.requests),
      worker: layout.add("worker", workerBounds, threads),
      frame: layout.add("frame", frameBounds, threads * config.frames),
      parent: layout.add("parent", parentBounds),
      left: layout.add("left", leftBounds),
    };
  }

  build(): World {
    const config = this.#config;
    const bytes = new Uint8Array(this.layout.size);
    const first = this.#first;
    const frames = first.frame.map((at) => viewers.frame(bytes, at));
    return {
      config,
      bytes,
      queue: viewers.queue(bytes, first.queue[0] as number),
      entries: first.entry.map((at) => viewers.entry(bytes, at)),
      tasks: first.task.map((at) => viewers.task(bytes, at)),
      slots: first.slot.map((at) => viewers.slot(bytes, at)),
      requests: first.request.map((at) => viewers.request(bytes, at)),
      workers: first.worker.map((at) => viewers.worker(bytes, at)),
      frames: first.worker.map((_, worker) =>
        frames.slice(worker * config.frames, (worker + 1) * config.frames),
      ),
      parent: viewers.parent(bytes, first.parent[0] as number),
      left: viewers.left(bytes, first.left[0] as number),
    };
  }
}

/** The element of a list at an index that the list has. */
export function item<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}
