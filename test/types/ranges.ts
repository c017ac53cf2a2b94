/** What compiles of parallelFor, reduce and sharedArray, and what does not. */
import { fromModule, sharedArray } from "../../src/index.ts";
import type { ThreadPool } from "../../src/index.ts";
import { exactly } from "./exactly.ts";

declare const pool: ThreadPool;
declare function scale(start: number, end: number, values: Float64Array, factor?: number): void;
declare function later(start: number, end: number): Promise<string>;
declare function lengthOf(text: string): Promise<number>;
declare function add(left: number, right: number): number;
declare function addLater(left: number, right: number): Promise<number>;
declare function join(left: string, right: string): string;
interface Tasks {
  scale: typeof scale;
  lengthOf: typeof lengthOf;
  add: typeof add;
  join: typeof join;
}
const tasks = fromModule<Tasks>("file:///tasks.ts");

const values = sharedArray(Float64Array, 8);
exactly<Float64Array & { readonly buffer: SharedArrayBuffer }>()(values);
exactly<SharedArrayBuffer>()(sharedArray(Int8Array, 8).buffer);
exactly<bigint | undefined>()(sharedArray(BigInt64Array, 8)[0]);
// @ts-expect-error -- no class of a typed array
sharedArray(DataView, 8);
// @ts-expect-error -- no number
sharedArray(Float64Array, "8");

exactly<Promise<void>>()(pool.parallelFor(scale, 8, { args: [values] }));
void pool.parallelFor(scale, 8, { args: [values, 2], grain: 10, retries: 1 });
void pool.parallelFor(later, 8);
void pool.parallelFor((start, end, all: Float64Array) => all.fill(0, start, end), 8, {
  args: [values],
});
exactly<Promise<void>>()(pool.parallelFor(tasks.scale, 8, { args: [values, 2] }));
// @ts-expect-error -- factor is a number
void pool.parallelFor(scale, 8, { args: [values, "2"] });
// @ts-expect-error -- one argument too many
void pool.parallelFor(scale, 8, { args: [values, 2, 3] });
// @ts-expect-error -- of a module, too
void pool.parallelFor(tasks.scale, 8, { args: [values, "2"] });
// @ts-expect-error -- the callable gets numbers
void pool.parallelFor((start: string) => start, 8);
// @ts-expect-error -- no such option
void pool.parallelFor(later, 8, { chunkSize: 3 });

exactly<Promise<number>>()(pool.reduce(lengthOf, ["a"], add, 0));
exactly<Promise<number>>()(pool.reduce(lengthOf, new Set(["a"]), addLater, 0, { chunkSize: 3 }));
exactly<Promise<number>>()(pool.reduce(tasks.lengthOf, ["a"], tasks.add, 0));
exactly<Promise<number>>()(pool.reduce(lengthOf, ["a"], (left, right) => left + right, 0));
// @ts-expect-error -- the items are texts
void pool.reduce(lengthOf, [1], add, 0);
// @ts-expect-error -- combine takes numbers
void pool.reduce(lengthOf, ["a"], join, 0);
// @ts-expect-error -- combine of a module, too
void pool.reduce(tasks.lengthOf, ["a"], tasks.join, 0);
// @ts-expect-error -- initial is a number
void pool.reduce(lengthOf, ["a"], add, "0");
// @ts-expect-error -- every item must succeed
void pool.reduce(lengthOf, ["a"], add, 0, { settle: true });
