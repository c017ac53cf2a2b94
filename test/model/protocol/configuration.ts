/** How large a model is, and what may happen in it. */

export interface Configuration {
  readonly name: string;
  readonly workers: number;
  readonly requests: number;
  /** Tasks of the queue, 1 or 2; the ready ring has twice as many entries. */
  readonly tasks: 1 | 2;
  /** Frames that a result ring holds, 1 or 2. */
  readonly frames: 1 | 2;
  /** Slots for workers. The slot of a killed worker is taken until its thread is gone; its successor needs another. */
  readonly slots: number;
  /** Whether the sleep sets are one word, or one word for each worker. */
  readonly sleepWords: "one" | "one a worker";
  /** Whether the parent returns to its event loop, blocks until all is settled, or does both. */
  readonly parent: "event loop" | "blocks" | "both";
  /** Where the workers are at first: before their first step, or parked with nothing to do. */
  readonly workersBegin: "starting" | "asleep";
  /** Whether requests are put one by one, or two in one go, which one store publishes. */
  readonly puts: "one by one" | "together";
  /** How many requests may wait, 0 for any number. With a bound, a put blocks until there is room. */
  readonly qSize: number;
  /** How many workers the parent may kill; the thread of each may stop at any later step. */
  readonly kills: number;
  /** How many workers may end by themselves while a callable or their event loop runs. */
  readonly exits: number;
  /** How many workers may vanish at any step without announcing it. */
  readonly crashes: number;
  /** How many requests may be cancelled. */
  readonly cancels: number;
  /** How many workers may be dismissed. */
  readonly dismissals: number;
}

/** Positions are counted modulo this, where the queue counts modulo 2^32. */
export const POSITIONS = 8;
/** Generations are positions modulo this, where the queue keeps 22 bits. */
export const GENERATIONS = 4;
/** Bytes of a result ring are frames here, counted modulo this. */
export const FRAME_COUNTS = 4;
/** The first request takes the last position before the wrap. */
export const FIRST_POSITION: number = POSITIONS - 1;

const USUAL: Omit<Configuration, "name"> = {
  workers: 2,
  requests: 2,
  tasks: 2,
  frames: 1,
  slots: 0,
  sleepWords: "one",
  parent: "event loop",
  workersBegin: "asleep",
  puts: "one by one",
  qSize: 0,
  kills: 0,
  exits: 0,
  crashes: 0,
  cancels: 0,
  dismissals: 0,
};

/** A configuration that differs from the usual one, two workers and two requests without deaths, in what is given. */
export function configuration(name: string, given: Partial<Configuration> = {}): Configuration {
  const merged = { ...USUAL, ...given, name };
  return { ...merged, slots: Math.max(merged.slots, merged.workers) };
}

/** How many worker threads there can be, successors included. */
export function workerThreads(config: Configuration): number {
  return config.workers + config.kills + config.exits + config.crashes;
}
