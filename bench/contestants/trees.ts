/** Trees of work whose nodes are children of each other. Their plain versions are in `plain-trees.ts`. */
import { pool } from "ringpool/worker";
import { SORTED_AT_ONCE, merge, plainFib, walkParts } from "./plain-trees.ts";
import type { Part } from "./plain-trees.ts";

export async function fib(n: number, cutOff: number): Promise<number> {
  if (n < cutOff) return plainFib(n);
  const [a, b] = await Promise.all([
    pool.run(fib, [n - 1, cutOff]),
    pool.run(fib, [n - 2, cutOff]),
  ]);
  return a + b;
}

export function fibSync([n, cutOff]: readonly [number, number]): number {
  if (n < cutOff) return plainFib(n);
  const items: (readonly [number, number])[] = [
    [n - 1, cutOff],
    [n - 2, cutOff],
  ];
  const [a, b] = pool.mapSync(fibSync, items);
  return (a as number) + (b as number);
}

export async function sort(part: Part): Promise<void> {
  const [values, spare, from, to] = part;
  if (to - from <= SORTED_AT_ONCE) {
    values.subarray(from, to).sort();
    return;
  }
  const middle = (from + to) >> 1;
  const left: Part = [values, spare, from, middle];
  const right: Part = [values, spare, middle, to];
  await Promise.all([pool.run(sort, [left]), pool.run(sort, [right])]);
  merge(part, middle);
}

export function sortSync(part: Part): void {
  const [values, spare, from, to] = part;
  if (to - from <= SORTED_AT_ONCE) {
    values.subarray(from, to).sort();
    return;
  }
  const middle = (from + to) >> 1;
  const halves: Part[] = [
    [values, spare, from, middle],
    [values, spare, middle, to],
  ];
  pool.mapSync(sortSync, halves);
  merge(part, middle);
}

/** How many bytes the files of a folder have, those in its folders included. */
export function walk(folder: string): number {
  const parts = walkParts(folder);
  let { bytes } = parts;
  for (const each of pool.mapSync(walk, parts.folders)) bytes += each;
  return bytes;
}

/** The same with promises. */
export async function walkLater(folder: string): Promise<number> {
  const parts = walkParts(folder);
  let { bytes } = parts;
  for (const each of await pool.map(walkLater, parts.folders)) bytes += each;
  return bytes;
}
