import { AsyncLocalStorage } from "node:async_hooks";
import { ThreadPool } from "../../src/index.ts";
import { now } from "./tasks.ts";

export const trace: AsyncLocalStorage<{ readonly id: string }> = new AsyncLocalStorage();
export const user: AsyncLocalStorage<number> = new AsyncLocalStorage();

export async function carried(): Promise<void> {
  const pool = new ThreadPool(1, { carry: [trace, user] });
  await pool.run(now, [], { carry: [trace] });
  await pool.run(now, [], { carry: undefined });
  await pool.broadcast(now, [], { carry: [user] });
  // @ts-expect-error: an array of storages
  await pool.run(now, [], { carry: trace });
  // @ts-expect-error: a store is no storage
  await pool.run(now, [], { carry: [trace.getStore()] });
}
