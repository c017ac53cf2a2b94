/** The pools that are written by hand, as contestants. */
import { answering } from "./answering.ts";
import { BatchedPool } from "./batched-pool.ts";
import type { Contestant, RunningPool, TaskName } from "./contestant.ts";
import { FlatPool } from "./flat-pool.ts";
import { BATCHED, FLAT } from "./names.ts";

export const batched: Contestant = {
  name: BATCHED,
  start: (workers, task = "echo") => start(new BatchedPool(workers, task), workers, task),
};

export const flat: Contestant = {
  name: FLAT,
  start: (workers, task = "echo") => start(new FlatPool(workers, task), workers, task),
};

/** These pools know one function, so `run` only checks that it is the one that is asked for. */
async function start(
  pool: BatchedPool | FlatPool,
  workers: number,
  known: TaskName,
): Promise<RunningPool> {
  const running: RunningPool = {
    run(task, value) {
      if (task !== known)
        throw new Error(`This pool knows one function: known=${known} asked=${task}`);
      return pool.run(value);
    },
    stop: () => pool.close(),
  };
  return known === "echo" ? answering(running, workers) : running;
}
