import { fromModule } from "../../src/index.ts";
import type { ResultStream, ThreadPool } from "../../src/index.ts";
import { exactly } from "./exactly.ts";
import { add, now } from "./tasks.ts";
import { count, each, later, letters, rows } from "./generators.ts";
import type * as Generators from "./generators.ts";

/** The values are what the generator yields, awaited; the end is what it returns. */
export async function taken(pool: ThreadPool): Promise<void> {
  exactly<ResultStream<number, string>>()(pool.stream(count, [3]));
  for await (const value of pool.stream(count, [3])) exactly<number>()(value);
  for await (const row of pool.stream(rows, ["a"])) exactly<{ id: number }>()(row);
  for await (const letter of pool.stream(letters)) exactly<"a" | "b">()(letter);
  for await (const text of pool.stream(each, [["a", "b"]])) exactly<string>()(text);
  for await (const big of pool.stream(later)) exactly<bigint>()(big);
  for await (const value of pool.stream(
    function* (end: number) {
      yield String(end);
    },
    [1],
  ))
    exactly<string>()(value);
  const named = fromModule<typeof Generators>("/generators.ts");
  for await (const row of pool.stream(named.rows, ["a", 1])) exactly<{ id: number }>()(row);
  for await (const letter of pool.stream(named.letters)) exactly<"a" | "b">()(letter);
  const stream = pool.stream(count, [3]);
  const step = await stream.next();
  if (step.done === true) exactly<string | undefined>()(step.value);
  else exactly<number>()(step.value);
  await stream.return("early");
}

export function options(pool: ThreadPool): void {
  const { signal } = new AbortController();
  pool.stream(count, [3], { buffer: 1, signal, timeoutMs: 1, queueTimeoutMs: 1, priority: 1 });
  pool.stream(count, [3], { retries: 1, transfer: [], foreign: "plain", carry: [] });
  // @ts-expect-error: its values are its progress
  pool.stream(count, [3], { onProgress: () => {} });
  // @ts-expect-error: a number
  pool.stream(count, [3], { buffer: "1" });
}

export function wrong(pool: ThreadPool): void {
  // @ts-expect-error: no generator
  pool.stream(add, [1, 2]);
  // @ts-expect-error: no generator
  pool.stream(now);
  // @ts-expect-error: an argument is missing
  pool.stream(count);
  // @ts-expect-error: a number
  pool.stream(count, ["3"]);
  // @ts-expect-error: the arguments are an array
  pool.stream(count, 3);
  // @ts-expect-error: the return value is a string
  void pool.stream(count, [3]).return(1);
}
