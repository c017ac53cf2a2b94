/**
 * The plain versions of the trees of work in `trees.ts`, and the parts of them that a user hands out who has a pool that
 * does not work inside a callable: a list of parts that is made beforehand, one message for each.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

export function plainFib(n: number): number {
  return n < 2 ? n : plainFib(n - 1) + plainFib(n - 2);
}

/** The calls of the first levels, down to `leaf` and the number below it. Their results add up to that of `plainFib`. */
export function fibParts(n: number, leaf: number): number[] {
  return n <= leaf ? [n] : [...fibParts(n - 1, leaf), ...fibParts(n - 2, leaf)];
}

/** A range of one array, and another array of the same length to merge with. */
export type Part = readonly [values: Float64Array, spare: Float64Array, from: number, to: number];

export const SORTED_AT_ONCE = 20_000;

export function merge([values, spare, from, to]: Part, middle: number): void {
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

/** How many bytes the files of a folder have, those in its folders included. */
export function plainWalk(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? plainWalk(path) : statSync(path).size;
  }
  return bytes;
}

/** The bytes of the files in a folder alone, and the folders in it, each of which is a part. */
export function walkParts(folder: string): { bytes: number; folders: string[] } {
  let bytes = 0;
  const folders: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) folders.push(path);
    else bytes += statSync(path).size;
  }
  return { bytes, folders };
}
