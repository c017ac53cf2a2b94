import type { State } from "../machine/machine.ts";

/** Numbers stay below 2^26, so that a pair of them is exact in a double. */
const MOST = 2 ** 26;

/** Numbers for states, from 0. Equal states have equal numbers, exactly and not by hashes. */
export class StateNumbers {
  readonly #levels: Map<number, number>[] = [];
  #extra = new Map<number, number>();

  /** The number of a state. */
  of(state: State): number {
    let number = state.memory;
    let level = 0;
    for (const { id } of state.locals) number = this.#pair(level++, number, id);
    return this.#pair(level, number, state.history);
  }

  /** The number of a state together with one more small number. */
  withExtra(state: number, extra: number): number {
    return this.#numberIn(this.#extra, state * 64 + extra);
  }

  #pair(level: number, a: number, b: number): number {
    const map = (this.#levels[level] ??= new Map<number, number>());
    if (a >= MOST || b >= MOST) throw new Error(`Too many states to number: states=${a}`);
    return this.#numberIn(map, a * MOST + b);
  }

  #numberIn(map: Map<number, number>, key: number): number {
    let number = map.get(key);
    if (number === undefined) {
      number = map.size;
      map.set(key, number);
    }
    return number;
  }
}
