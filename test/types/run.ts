import { fromModule } from "../../src/index.ts";
import type { ThreadPool } from "../../src/index.ts";
import { exactly } from "./exactly.ts";
import {
  add,
  addLater,
  firstOf,
  greet,
  identity,
  keyed,
  maybe,
  move,
  nothing,
  now,
  pairOf,
  parse,
  scaled,
  scaledByNothing,
  sum,
} from "./tasks.ts";
import type { Point } from "./tasks.ts";

/** The result is the callable's, awaited. */
export async function results(pool: ThreadPool): Promise<void> {
  exactly<Promise<number>>()(pool.run(add, [1, 2]));
  exactly<number>()(await pool.run(add, [1, 2]));
  exactly<number>()(await pool.run(addLater, [1, 2]));
  exactly<bigint>()(await pool.run(now));
  exactly<void>()(await pool.run(nothing));
  exactly<string | null | undefined>()(await pool.run(maybe, [1]));
  exactly<Point>()(await pool.run(move, [{ x: 1, y: 2 }, { dx: 3 }]));
  exactly<string>()(await pool.run((name: string) => name.trim(), ["Ada"]));

  exactly<number>()(pool.runSync(add, [1, 2]));
  exactly<number>()(pool.runSync(addLater, [1, 2]));
  exactly<bigint>()(pool.runSync(now));
  exactly<void>()(pool.runSync(nothing));
  exactly<string | null | undefined>()(pool.runSync(maybe, [1]));
}

/** Optional, rest and generic parameters are as in a call. */
export function parameters(pool: ThreadPool): void {
  pool.runSync(greet, ["Ada"]);
  pool.runSync(greet, ["Ada", "Good morning"]);
  pool.runSync(greet, ["Ada", undefined]);
  pool.runSync(sum);
  pool.runSync(sum, []);
  pool.runSync(sum, [1, 2, 3]);
  pool.runSync(now);
  pool.runSync(now, []);
  pool.runSync(identity, ["anything"]);
  pool.runSync(add, [1, 2] as const);
  pool.runSync(add, [1, 2], {});
  pool.runSync(add, [1, 2], { transfer: [new ArrayBuffer(8)] });
  pool.runSync(add, [1, 2], { transfer: undefined });
  pool.runSync(now, [], { transfer: [] });
  const { signal } = new AbortController();
  pool.runSync(now, [], { signal, timeoutMs: 1, queueTimeoutMs: 1, priority: -0.5, retries: 1 });
  pool.runSync(now, [], { onProgress: (value) => exactly<unknown>()(value) });
  // @ts-expect-error: no signal
  pool.runSync(now, [], { signal: new AbortController() });
  // @ts-expect-error: there is no such option
  pool.runSync(now, [], { timeout: 1 });
}

export function wrongArguments(pool: ThreadPool): void {
  // @ts-expect-error: the arguments are missing
  void pool.run(add);
  // @ts-expect-error: one is missing
  void pool.run(add, [1]);
  // @ts-expect-error: one too many
  void pool.run(add, [1, 2, 3]);
  // @ts-expect-error: of another type
  void pool.run(add, [1, "2"]);
  // @ts-expect-error: not in an array
  void pool.run(add, 1, 2);
  // @ts-expect-error: a callable without parameters takes none
  void pool.run(now, [1]);
  // @ts-expect-error: a rest parameter of another type
  void pool.run(sum, [1, "2"]);
  // @ts-expect-error: an optional one of another type
  void pool.run(greet, ["Ada", 1]);
  // @ts-expect-error: a keyword of another type
  void pool.run(move, [{ x: 1, y: 2 }, { dx: "3" }]);
  // @ts-expect-error: a keyword that there is not
  void pool.run(move, [{ x: 1, y: 2 }, { dz: 3 }]);
  // @ts-expect-error: no callable
  void pool.run("add", [1, 2]);

  // @ts-expect-error: the arguments are missing
  pool.runSync(add);
  // @ts-expect-error: one is missing
  pool.runSync(add, [1]);
  // @ts-expect-error: one too many
  pool.runSync(add, [1, 2, 3]);
  // @ts-expect-error: of another type
  pool.runSync(add, [1, "2"]);
  // @ts-expect-error: a callable without parameters takes none
  pool.runSync(now, [1]);
  // @ts-expect-error: no callable
  pool.runSync(undefined);
}

export async function wrongResults(pool: ThreadPool): Promise<void> {
  // @ts-expect-error: a number is no string
  const text: string = await pool.run(add, [1, 2]);
  // @ts-expect-error: a number is no string
  const sameText: string = pool.runSync(add, [1, 2]);
  // @ts-expect-error: it has been awaited
  const promise: Promise<number> = pool.runSync(addLater, [1, 2]);
  void [text, sameText, promise];
}

export function wrongOptions(pool: ThreadPool): void {
  // @ts-expect-error: only objects can be moved
  void pool.run(add, [1, 2], { transfer: [1] });
  // @ts-expect-error: there is no such option
  void pool.run(add, [1, 2], { transferList: [] });
}

/** A generic callable has the result that a call of it would have. */
export async function generics(pool: ThreadPool): Promise<void> {
  exactly<number>()(await pool.run(identity, [5]));
  exactly<number>()(pool.runSync(identity, [5]));
  exactly<string>()(await pool.run(identity<string>, ["five"]));
  exactly<[number, string]>()(await pool.run(pairOf, [1, "one"]));
  exactly<number | undefined>()(pool.runSync(firstOf, [[1, 2]]));
  exactly<Record<"a" | "b", number>>()(await pool.run(keyed, [["a", "b"], 1]));
  exactly<number>()(await pool.run((value) => value + 1, [1]));
  // @ts-expect-error: one is missing
  void pool.run(pairOf, [1]);
  // @ts-expect-error: not a list
  void pool.run(firstOf, [1]);
}

/** Of an overloaded callable each signature counts, and the one that takes the arguments gives the result. */
export async function overloads(pool: ThreadPool): Promise<void> {
  exactly<number>()(await pool.run(parse, ["7"]));
  exactly<string>()(await pool.run(parse, [7]));
  exactly<bigint>()(await pool.run(parse, ["7", 16]));
  exactly<number>()(pool.runSync(parse, ["7"]));
  const { parse: named } = fromModule<typeof import("./tasks.ts")>("/tasks.ts");
  exactly<string>()(await pool.run(named, [7]));
  // @ts-expect-error: no signature takes it
  void pool.run(parse, [true]);
  // @ts-expect-error: no signature takes both
  void pool.run(parse, [7, 16]);
}

/** A callable travels without its object. */
export function withoutThis(pool: ThreadPool): void {
  void pool.run(scaledByNothing, [1]);
  // @ts-expect-error: it needs an object
  void pool.run(scaled, [1]);
  // @ts-expect-error: it needs an object
  pool.runSync(scaled, [1]);
}

export function oneOfSeveral(pool: ThreadPool, either: typeof add | typeof greet): void {
  // @ts-expect-error: these are for one of them
  void pool.run(either, ["Ada"]);
  // @ts-expect-error: these are for the other one
  void pool.run(either, [1, 2]);
}

/** What people write first. */
export function misused(pool: ThreadPool, list: number[]): void {
  // @ts-expect-error: that calls it here
  void pool.run(add(1, 2));
  // @ts-expect-error: a list of unknown length
  void pool.run(add, list);
  // @ts-expect-error: no function, but a class
  void pool.run(Map, []);
}
