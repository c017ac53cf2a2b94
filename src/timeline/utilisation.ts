import { Map } from "../runtime/index.ts";
import type { Step } from "./model.ts";

/** As many stretches of time as a plot can show. */
const STRETCHES = 400;

interface Worker {
  readonly from: number;
  readonly to: number;
  readonly runs: (readonly [start: number, end: number])[];
}

/** What share of the workers is busy. A worker that runs several requests at a time is busy once. */
export class Utilisation {
  readonly #lengthMs: number;
  readonly #workers = new Map<unknown, Worker>();

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  get workers(): number {
    return this.#workers.size;
  }

  /** A worker that was there from a moment to another one. */
  addWorker(id: unknown, from: number, to: number): void {
    if (!this.#workers.has(id)) this.#workers.set(id, { from, to, runs: [] });
  }

  addRun(id: unknown, start: number, end: number): void {
    this.#workers.get(id)?.runs.push([start, end]);
  }

  /** The share over the whole time, 0 to 1. */
  mean(): number {
    const [total] = this.#shares(1);
    return total ?? 0;
  }

  /** The share in each of some hundred stretches of time. */
  steps(): Step[] {
    if (this.#lengthMs <= 0 || this.#workers.size === 0) return [];
    const width = this.#lengthMs / STRETCHES;
    return this.#shares(STRETCHES).map((share, index) => [index * width, share] as const);
  }

  #shares(stretches: number): number[] {
    const width = this.#lengthMs / stretches;
    if (!(width > 0)) return [];
    const busy = Array.from({ length: stretches }, () => 0);
    const there = Array.from({ length: stretches }, () => 0);
    for (const { from, to, runs } of this.#workers.values()) {
      spread(there, width, from, to);
      for (const [start, end] of united(runs)) spread(busy, width, start, end);
    }
    return busy.map((ms, index) => {
      const of = there[index] as number;
      return of === 0 ? 0 : Math.min(1, ms / of);
    });
  }
}

/** Adds a stretch of time to the sums of those that it overlaps. */
function spread(sums: number[], width: number, from: number, to: number): void {
  const first = Math.max(0, Math.floor(from / width));
  for (let index = first; index < sums.length && index * width < to; index++) {
    const overlap = Math.min(to, (index + 1) * width) - Math.max(from, index * width);
    sums[index] = (sums[index] as number) + Math.max(0, overlap);
  }
}

/** The time that the runs cover together. */
function united(runs: Worker["runs"]): (readonly [number, number])[] {
  const all: [number, number][] = [];
  for (const [start, end] of runs.toSorted(([a], [b]) => a - b)) {
    const last = all.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else all.push([start, end]);
  }
  return all;
}
