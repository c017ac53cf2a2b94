/** What compiles of `pool` of `ringpool/worker`, and what does not. */
import type { AsyncLocalStorage } from "node:async_hooks";
import { fromModule } from "../../src/index.ts";
import { pool } from "../../src/worker/index.ts";
import type { ChildPool } from "../../src/worker/index.ts";
import { exactly } from "./exactly.ts";
import { add, addLater, greet, identity, maybe, move, nothing, now, sum } from "./tasks.ts";
import type { Point } from "./tasks.ts";

declare function lengthOf(text: string): number;
declare function lengthLater(text: string): Promise<number>;
declare function scale(start: number, end: number, values: Float64Array, factor?: number): void;
declare function later(start: number, end: number): Promise<string>;
declare function fib(n: number): number | Promise<number>;
declare const signal: AbortSignal;
declare const storage: AsyncLocalStorage<{ id: number }>;
declare const lines: AsyncIterable<string>;
interface Tasks {
  add: typeof add;
  lengthLater: typeof lengthLater;
  scale: typeof scale;
}
const tasks = fromModule<Tasks>("file:///tasks.ts");
exactly<ChildPool>()(pool);

/** The result is that of the callable, awaited. */
export function results(): void {
  exactly<Promise<number>>()(pool.run(add, [1, 2]));
  exactly<Promise<number>>()(pool.run(addLater, [1, 2]));
  exactly<Promise<number>>()(pool.run(fib, [3]));
  exactly<Promise<bigint>>()(pool.run(now));
  exactly<Promise<void>>()(pool.run(nothing));
  exactly<Promise<string | null | undefined>>()(pool.run(maybe, [1]));
  exactly<Promise<Point>>()(pool.run(move, [{ x: 1, y: 2 }, { dx: 3 }]));
  exactly<Promise<string>>()(pool.run((name: string) => name.trim(), ["Ada"]));

  exactly<number>()(pool.runSync(add, [1, 2]));
  exactly<number>()(pool.runSync(addLater, [1, 2]));
  exactly<number>()(pool.runSync(fib, [3]));
  exactly<bigint>()(pool.runSync(now));
  exactly<void>()(pool.runSync(nothing));

  exactly<Promise<number[]>>()(pool.map(lengthOf, ["a"]));
  exactly<Promise<number[]>>()(pool.map(lengthLater, new Set(["a"])));
  exactly<Promise<number[]>>()(pool.map(fib, new Float64Array(3)));
  exactly<number[]>()(pool.mapSync(lengthOf, ["a"]));
  exactly<number[]>()(pool.mapSync(lengthLater, "text"));
  exactly<Promise<void>>()(pool.parallelFor(scale, 8, { args: [new Float64Array(8)] }));
  exactly<Promise<void>>()(pool.parallelFor(later, 8, { grain: 2, signal }));
}

/** A module says what its functions take and return. */
export function modules(): void {
  exactly<Promise<number>>()(pool.run(tasks.add, [1, 2]));
  exactly<number>()(pool.runSync(tasks.add, [1, 2]));
  // @ts-expect-error -- add takes numbers
  void pool.run(tasks.add, [1, "2"]);
}

/** Options of one child, and of a collection. */
export function options(): void {
  void pool.run(add, [1, 2], { signal, timeoutMs: 5, retries: 1, onProgress: () => {} });
  pool.runSync(add, [1, 2], { timeoutMs: 5 });
  void pool.map(lengthOf, ["a"], { signal, carry: [storage] });
  pool.runSync(add, [1, 2], { carry: [] });
  pool.mapSync(lengthOf, ["a"], { signal });
  // @ts-expect-error -- a child has no priority
  void pool.run(add, [1, 2], { priority: 1 });
  // @ts-expect-error -- no number
  void pool.run(add, [1, 2], { timeoutMs: "5" });
  // @ts-expect-error -- no function
  void pool.run(add, [1, 2], { onProgress: 5 });
  // @ts-expect-error -- a storage, not its store
  void pool.run(add, [1, 2], { carry: [{ id: 1 }] });
  // @ts-expect-error -- no signal
  pool.runSync(add, [1, 2], { signal: new AbortController() });
  // @ts-expect-error -- map has no chunks here
  void pool.map(lengthOf, ["a"], { chunkSize: 3 });
  // @ts-expect-error -- nor has mapSync
  pool.mapSync(lengthOf, ["a"], { timeoutMs: 3 });
  // @ts-expect-error -- no such option
  void pool.parallelFor(later, 8, { chunkSize: 3 });
  // @ts-expect-error -- no number
  void pool.parallelFor(later, 8, { grain: "3" });
}

/** Arguments are those of a call. */
export function parameters(): void {
  void pool.run(greet, ["Ada", "Good morning"]);
  void pool.run(sum, [1, 2, 3]);
  void pool.run(identity, [1]);
  // @ts-expect-error -- one is missing
  void pool.run(add, [1]);
  // @ts-expect-error -- one too many
  void pool.run(add, [1, 2, 3]);
  // @ts-expect-error -- no numbers
  void pool.run(add, ["1", "2"]);
  // @ts-expect-error -- arguments are needed
  void pool.run(add);
  // @ts-expect-error -- no array
  void pool.run(lengthOf, "a");
  // @ts-expect-error -- a call in place of a function
  void pool.run(add(1, 2));
  // @ts-expect-error -- one is missing, when it blocks too
  pool.runSync(add, [1]);
  // @ts-expect-error -- the items are texts
  void pool.map(lengthOf, [1]);
  // @ts-expect-error -- no list
  void pool.map(lengthOf, 5);
  // @ts-expect-error -- a callable of two arguments
  void pool.map(add, [1, 2]);
  // @ts-expect-error -- children need all items at once
  void pool.map(lengthOf, lines);
  // @ts-expect-error -- the items are texts, when it blocks too
  pool.mapSync(lengthOf, [1]);
  // @ts-expect-error -- factor is a number
  void pool.parallelFor(scale, 8, { args: [new Float64Array(8), "2"] });
  // @ts-expect-error -- the callable gets numbers
  void pool.parallelFor((start: string) => start, 8);
  // @ts-expect-error -- the length is a number
  void pool.parallelFor(later, "8");
}

/** A method would lose its object. */
export function methods(): void {
  class Counter {
    #count = 0;
    add(this: Counter, n: number): number {
      return (this.#count += n);
    }
  }
  // @ts-expect-error -- it needs `this`
  // oxlint-disable-next-line typescript/unbound-method -- that is the point
  void pool.run(new Counter().add, [1]);
}
