import { fromModule } from "../../src/index.ts";
import type { ThreadPool } from "../../src/index.ts";
import { exactly } from "./exactly.ts";
import {
  add,
  addLater,
  greet,
  identity,
  maybe,
  norm,
  nothing,
  now,
  pairOf,
  parse,
  scaled,
  shout,
} from "./tasks.ts";

declare const endless: AsyncIterable<string>;
declare const texts: readonly string[];
declare const settles: boolean;

/** The results are the callable's, awaited. */
export async function results(pool: ThreadPool): Promise<void> {
  exactly<Promise<string[]>>()(pool.map(shout, ["Ada"]));
  exactly<string[]>()(await pool.map(shout, texts));
  exactly<string[]>()(await pool.map(shout, new Set(["Ada"])));
  exactly<string[]>()(await pool.map(shout, endless));
  exactly<string[]>()(await pool.map(greet, texts));
  exactly<(string | null | undefined)[]>()(await pool.map(maybe, [1, 2]));
  exactly<number[]>()(await pool.map((text: string) => text.length, texts));
  exactly<number[]>()(await pool.map((text) => text.length, texts));
  exactly<number[]>()(pool.mapSync((text: string) => text.length, texts));
  exactly<void[]>()(await pool.map(nothing, [1]));
  exactly<number[]>()(await pool.map(Math.sqrt, new Float64Array(2)));
  exactly<number[]>()(await pool.map(norm, [[1, 2]]));
  exactly<Float64Array>()(await pool.map(norm, [[1, 2]], { into: Float64Array }));
  exactly<Int32Array>()(pool.mapSync((text: string) => text.length, texts, { into: Int32Array }));
  exactly<Float32Array>()(await pool.starmap(add, [[1, 2]], { into: Float32Array }));
  // @ts-expect-error -- a typed array holds no text
  await pool.map(shout, texts, { into: Float64Array });
  // @ts-expect-error -- an outcome is no number
  await pool.map(norm, [[1, 2]], { into: Float64Array, settle: true });
}

/** A generic callable has the result that a call of it would have; of an overloaded one each signature counts. */
export async function genericsAndOverloads(pool: ThreadPool): Promise<void> {
  exactly<number[]>()(await pool.map(identity, [1, 2]));
  exactly<string[]>()(pool.mapSync(identity, texts));
  exactly<number[]>()(await pool.map(parse, ["7"]));
  exactly<string[]>()(await pool.map(parse, [7]));
  const tasks = fromModule<typeof import("./tasks.ts")>("/tasks.ts");
  exactly<string[]>()(await pool.map(tasks.shout, texts));
  exactly<number[]>()(await pool.starmap(tasks.add, [[1, 2]]));
  // @ts-expect-error: an item of another type
  void pool.map(tasks.shout, [1]);
}

/** `starmap` takes the arguments of each call. */
export async function argumentLists(pool: ThreadPool): Promise<void> {
  exactly<number[]>()(
    await pool.starmap(add, [
      [1, 2],
      [3, 4],
    ]),
  );
  exactly<number[]>()(await pool.starmap(addLater, [[1, 2]] as const));
  exactly<[number, string][]>()(await pool.starmap(pairOf, [[1, "one"]]));
  exactly<string[]>()(await pool.starmap(greet, [["Ada"], ["Ada", "Good morning"]]));
  // @ts-expect-error: one is missing
  void pool.starmap(add, [[1]]);
  // @ts-expect-error: of another type
  void pool.starmap(add, [[1, "2"]]);
  // @ts-expect-error: no lists
  void pool.starmap(add, [1, 2]);
}

/** With `settle` every item has its outcome. */
export async function settled(pool: ThreadPool): Promise<void> {
  exactly<PromiseSettledResult<string>[]>()(await pool.map(shout, texts, { settle: true }));
  exactly<string[]>()(await pool.map(shout, texts, { settle: false }));
  exactly<PromiseSettledResult<number>[]>()(pool.mapSync(addOne, [1], { settle: true }));
  exactly<PromiseSettledResult<number>[]>()(await pool.starmap(add, [[1, 2]], { settle: true }));
  const either = await pool.map(shout, texts, { settle: settles });
  exactly<(string | PromiseSettledResult<string>)[]>()(either);
  for await (const outcome of pool.imap(shout, texts, { settle: true }))
    exactly<PromiseSettledResult<string>>()(outcome);
}

declare function addOne(value: number): number;

export async function iterated(pool: ThreadPool): Promise<void> {
  for await (const value of pool.imap(shout, endless, { buffer: 64 })) exactly<string>()(value);
  for await (const value of pool.imap(maybe, [1])) exactly<string | null | undefined>()(value);
  for await (const value of pool.imapUnordered(shout, texts)) exactly<string>()(value);
  for await (const entry of pool.imapUnordered(shout, texts, { entries: true }))
    exactly<[index: number, string]>()(entry);
  for await (const entry of pool.imapUnordered(shout, texts, { entries: true, settle: true }))
    exactly<[index: number, PromiseSettledResult<string>]>()(entry);
}

export function options(pool: ThreadPool): void {
  const { signal } = new AbortController();
  void pool.map(shout, texts, { signal, timeoutMs: 1, queueTimeoutMs: 1, priority: 1, retries: 1 });
  void pool.map(shout, texts, { chunkSize: 10, foreign: "plain", settle: undefined });
  void pool.map(shout, texts, {
    onProgress: ({ done, total }) => {
      exactly<number>()(done);
      exactly<number | undefined>()(total);
    },
  });
}

export function wrong(pool: ThreadPool): void {
  // @ts-expect-error: items of another type
  void pool.map(shout, [1]);
  // @ts-expect-error: a callable of two arguments
  void pool.map(add, [1]);
  // @ts-expect-error: no items
  void pool.map(shout);
  // @ts-expect-error: nothing to iterate
  void pool.map(shout, 5);
  // @ts-expect-error: a callable without parameters takes none
  void pool.map(now, 5);
  // @ts-expect-error: it needs an object
  void pool.map(scaled, [1]);
  // @ts-expect-error: it blocks
  pool.mapSync(shout, endless);
  // @ts-expect-error: map takes everything
  void pool.map(shout, texts, { buffer: 1 });
  // @ts-expect-error: in order there is nothing to tell
  void pool.imap(shout, texts, { entries: true });
  // @ts-expect-error: nothing is moved
  void pool.map(shout, texts, { transfer: [] });
  // @ts-expect-error: there is no such option
  void pool.map(shout, texts, { chunksize: 1 });
}
