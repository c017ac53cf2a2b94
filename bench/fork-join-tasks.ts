/** Trees of work and their plain versions, for `fork-join.ts`. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pool } from "ringpool/worker";

export function plainFib(n: number): number {
  return n < 2 ? n : plainFib(n - 1) + plainFib(n - 2);
}

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

/** A range of one array, and another array of the same length to merge with. */
export type Part = readonly [values: Float64Array, spare: Float64Array, from: number, to: number];

const SORTED_AT_ONCE = 20_000;

function merge([values, spare, from, to]: Part, middle: number): void {
  spare.set(values.subarray(from, to), from);
  let left = from;
  let right = middle;
  for (let at = from; at < to; at++) {
    const takesLeft =
      right >= to || (left < middle && (spare[left] as number) <= (spare[right] as number));
    values[at] = spare[takesLeft ? left++ : right++] as number;
  }
}

export function plainSort(part: Part): void {
  const [values, spare, from, to] = part;
  if (to - from <= SORTED_AT_ONCE) {
    values.subarray(from, to).sort();
    return;
  }
  const middle = (from + to) >> 1;
  plainSort([values, spare, from, middle]);
  plainSort([values, spare, middle, to]);
  merge(part, middle);
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
export function plainWalk(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? plainWalk(path) : statSync(path).size;
  }
  return bytes;
}

export function walk(folder: string): number {
  let bytes = 0;
  const folders: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) folders.push(path);
    else bytes += statSync(path).size;
  }
  for (const each of pool.mapSync(walk, folders)) bytes += each;
  return bytes;
}

export async function depth(n: number): Promise<number> {
  return n === 0 ? 0 : 1 + (await pool.run(depth, [n - 1]));
}

export function nothing(n: number): number {
  return n;
}

const CHILDREN = 1000;
const ROUNDS = 300;

/** Nanoseconds a child that nobody takes, the least of many rounds, in each way to put it. */
export async function spawnCosts(): Promise<Record<string, number>> {
  const items = Array.from({ length: CHILDREN }, (_, i) => i);
  const least: Record<string, number> = {};
  const measure = async (name: string, put: () => unknown): Promise<void> => {
    const start = performance.now();
    await put();
    const ns = ((performance.now() - start) * 1e6) / CHILDREN;
    least[name] = Math.min(least[name] ?? Infinity, ns);
  };
  for (let round = 0; round < ROUNDS; round++) {
    await measure("mapSync", () => pool.mapSync(nothing, items));
    await measure("map", () => pool.map(nothing, items));
    await measure("runSync", () => {
      for (const i of items) pool.runSync(nothing, [i]);
    });
    await measure("run, all at once", () => Promise.all(items.map((i) => pool.run(nothing, [i]))));
    await measure("run, one after the other", async () => {
      for (const i of items) await pool.run(nothing, [i]);
    });
  }
  return least;
}

/** Microseconds until a child has come back that another worker has taken; the median. */
export async function takenCost(): Promise<number> {
  const times: number[] = [];
  while (times.length < 200) {
    const start = performance.now();
    const [a, b] = await Promise.all([pool.run(whereFor, [0.3]), pool.run(whereFor, [0])]);
    if (a !== b) times.push((performance.now() - start - 0.3) * 1000);
  }
  return times.toSorted((a, b) => a - b)[times.length >> 1] as number;
}

/** Computes for some milliseconds. Returns a number that tells the thread. */
export function whereFor(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return performance.timeOrigin;
}
