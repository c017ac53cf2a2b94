import type * as tasks from "./tasks.ts";

export type TaskName = keyof typeof tasks;

/** A pool that takes part in the benchmarks. It is used as its own documentation says. */
export interface Contestant {
  readonly name: string;
  /**
   * Starts a pool of exactly that many workers. Throws the error that the library throws under Bun.
   *
   * @param task what a pool runs that knows a single function; `"echo"` by default
   */
  start(workers: number, task?: TaskName): Promise<RunningPool>;
}

export interface RunningPool {
  /** Runs one of the functions of tasks.ts with one argument in a worker. */
  run(task: TaskName, value: unknown): Promise<unknown>;
  stop(): Promise<unknown> | void;
}
