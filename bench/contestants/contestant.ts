import type * as tasks from "./tasks.ts";

export type TaskName = keyof typeof tasks;

/** A pool that takes part in the benchmarks, as its own documentation says it is to be used. */
export interface Contestant {
  readonly name: string;
  /** Starts a pool of exactly that many workers. Throws what Bun makes it throw. */
  start(workers: number): Promise<RunningPool>;
}

export interface RunningPool {
  /** Runs one of the functions of tasks.ts with one argument in a worker. */
  run(task: TaskName, value: unknown): Promise<unknown>;
  stop(): Promise<unknown> | void;
}
