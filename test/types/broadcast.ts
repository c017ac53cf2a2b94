import { fromModule } from "../../src/index.ts";
import type { ThreadPool } from "../../src/index.ts";
import { exactly } from "./exactly.ts";
import { add, addLater, greet, identity, now, parse, sum } from "./tasks.ts";
import type * as Tasks from "./tasks.ts";

/** One result for each worker, awaited. */
export async function results(pool: ThreadPool): Promise<void> {
  exactly<Promise<number[]>>()(pool.broadcast(add, [1, 2]));
  exactly<number[]>()(await pool.broadcast(addLater, [1, 2]));
  exactly<bigint[]>()(await pool.broadcast(now));
  exactly<string[]>()(await pool.broadcast((name: string) => name.trim(), ["Ada"]));
  exactly<number[]>()(await pool.broadcast(identity, [7]));
  exactly<bigint[]>()(await pool.broadcast(fromModule<typeof Tasks>("/tasks.ts").now));
  await pool.broadcast(parse, ["7"]);
  exactly<Promise<void>>()(pool.ready());
}

export async function options(pool: ThreadPool): Promise<void> {
  const { signal } = new AbortController();
  await pool.broadcast(now, [], { future: true, signal, timeoutMs: 1, queueTimeoutMs: 1 });
  await pool.broadcast(greet, ["Ada"], { onProgress: (value) => exactly<unknown>()(value) });
  await pool.broadcast(sum);
  // @ts-expect-error: it is put for each worker, and what is moved goes to one
  await pool.broadcast(now, [], { transfer: [] });
  // @ts-expect-error: it does not run again
  await pool.broadcast(now, [], { retries: 1 });
  // @ts-expect-error: a flag
  await pool.broadcast(now, [], { future: 1 });
}

export async function wrongArguments(pool: ThreadPool): Promise<void> {
  // @ts-expect-error: it takes two
  await pool.broadcast(add);
  // @ts-expect-error: numbers
  await pool.broadcast(add, ["1", "2"]);
  // @ts-expect-error: the arguments are an array
  await pool.broadcast(greet, "Ada");
  // @ts-expect-error: it takes no arguments
  await pool.ready(1);
}
