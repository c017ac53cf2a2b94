import { fromModule } from "../../src/index.ts";
import type { ResultStream, ThreadPool } from "../../src/index.ts";
import { exactly } from "./exactly.ts";
import { add, now } from "./tasks.ts";
import type * as Streams from "./stream.ts";

export function* count(end: number): Generator<number, string> {
  for (let i = 0; i < end; i++) yield i;
  return "end";
}
export async function* rows(path: string, skip: number = 0): AsyncGenerator<{ id: number }, void> {
  yield { id: path.length + skip };
}
export function* letters(): Generator<"a" | "b"> {
  yield "a";
}
export function* each<T>(values: readonly T[]): Generator<T, void> {
  yield* values;
}
export function* later(): Generator<Promise<bigint>, void> {
  yield Promise.resolve(1n);
}

/** The values are what the generator yields, awaited; the end is what it returns. */
export async function values(pool: ThreadPool): Promise<void> {
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
  const named = fromModule<typeof Streams>("/stream.ts");
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
