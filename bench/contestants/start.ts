import type { Failure } from "../result.ts";
import type { Contestant, RunningPool, TaskName } from "./contestant.ts";

const START_LIMIT_MS = 10_000;

/** A contestant whose pool has started. */
export interface Started {
  readonly name: string;
  readonly pool: RunningPool;
}

/** Starts a pool of that many workers for each contestant. One that cannot start is reported as a failure with its error. */
export async function startAll(
  contestants: readonly Contestant[],
  workers: number,
  where: string,
  task: TaskName = "echo",
): Promise<{ started: Started[]; failures: Failure[] }> {
  const started: Started[] = [];
  const failures: Failure[] = [];
  for (const contestant of contestants) {
    try {
      const pool = await inTime(contestant.start(workers, task));
      started.push({ name: contestant.name, pool });
    } catch (error) {
      failures.push({ contestant: contestant.name, case: where, error: String(error) });
    }
  }
  return { started, failures };
}

export async function stopAll(started: readonly Started[]): Promise<void> {
  for (const { pool } of started) await pool.stop();
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`It had not started after ${START_LIMIT_MS} ms.`)),
    START_LIMIT_MS,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
