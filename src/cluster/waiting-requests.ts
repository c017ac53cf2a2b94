import { Map } from "../runtime/index.ts";
import type { Pending } from "./pending.ts";

/** The requests of one priority, oldest first. Taking from the front costs nothing for those behind. */
class Line {
  readonly #items: (Pending | undefined)[] = [];
  #next = 0;

  get length(): number {
    return this.#items.length - this.#next;
  }

  push(pending: Pending): void {
    this.#items.push(pending);
  }

  /** Those that are still wanted. */
  *[Symbol.iterator](): Generator<Pending> {
    for (let at = this.#next; at < this.#items.length; at++) {
      const pending = this.#items[at]!;
      if (pending.state === "buffered") yield pending;
    }
  }

  /** Drops those in front that were cancelled. */
  trim(): void {
    while (this.#next < this.#items.length && this.#items[this.#next]!.state !== "buffered")
      this.#drop();
    if (this.#next < 1024 || this.#next * 2 < this.#items.length) return;
    this.#items.splice(0, this.#next);
    this.#next = 0;
  }

  #drop(): void {
    this.#items[this.#next] = undefined;
    this.#next += 1;
  }
}

/** The requests that are not in a chunk yet, by priority. */
export class WaitingRequests {
  readonly #lines = new Map<number, Line>();
  /** The priorities that have requests, highest first. */
  #priorities: number[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(pending: Pending): void {
    const { priority } = pending.limits;
    let line = this.#lines.get(priority);
    if (line === undefined) {
      line = new Line();
      this.#lines.set(priority, line);
      this.#priorities = [...this.#lines.keys()].sort((a, b) => b - a);
    }
    line.push(pending);
    this.#count += 1;
  }

  /** A request that waits is no longer wanted. Its state has changed already. */
  forget(): void {
    this.#count -= 1;
  }

  /** Takes the first requests of the highest priority: as many as `choose` says. Empty when none waits. */
  take(choose: (waiting: Iterable<Pending>, count: number) => number): Pending[] {
    for (const priority of this.#priorities) {
      const line = this.#lines.get(priority)!;
      line.trim();
      if (line.length === 0) {
        this.#remove(priority);
        continue;
      }
      const taken: Pending[] = [];
      const count = choose(line, this.#count);
      for (const pending of line) {
        if (taken.length === count) break;
        taken.push(pending);
      }
      for (const pending of taken) pending.state = "sent";
      this.#count -= taken.length;
      line.trim();
      return taken;
    }
    return [];
  }

  #remove(priority: number): void {
    this.#lines.delete(priority);
    this.#priorities = this.#priorities.filter((other) => other !== priority);
  }
}
