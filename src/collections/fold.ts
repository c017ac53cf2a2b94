import { ColumnPacker } from "../codec/columns/index.ts";
import type { Foreign } from "../codec/index.ts";
import { isThenable, Promise } from "../runtime/index.ts";
import type { Packed } from "./chunk-format.ts";
import type { AnyFunction } from "./runner-host.ts";

/** The results of a chunk, folded: what `reduce` has in place of one result for each item. */
export class Fold {
  readonly bytes = 0;
  /** How many items were folded since the last `take`. */
  count = 0;
  readonly #combine: AnyFunction;
  readonly #packer: ColumnPacker;
  #value: unknown;
  #hasValue = false;

  constructor(combine: AnyFunction, foreign: Foreign) {
    this.#combine = combine;
    this.#packer = new ColumnPacker("result", foreign);
  }

  /**
   * A function that calls the callable, and combines its result with those before: it returns what is to be added, or a promise
   * of that.
   */
  combining(callable: AnyFunction): AnyFunction {
    return (...args) => {
      const result = callable(...args);
      return isThenable(result) ? Promise.resolve(result).then(this.#next) : this.#next(result);
    };
  }

  readonly #next = (result: unknown): unknown => {
    const combine = this.#combine;
    return this.#hasValue ? combine(this.#value, result) : result;
  };

  /** Adds what `combined` has given. */
  readonly tryAdd = (value: unknown): boolean => {
    this.#value = value;
    this.#hasValue = true;
    this.count += 1;
    return true;
  };

  /** Counts an item that has failed. */
  readonly addFailure = (): void => {
    this.count += 1;
  };

  /** Packs what the items have given together, and begins anew. */
  readonly take = (): Packed => {
    const value = this.#value;
    const hasValue = this.#hasValue;
    this.#value = undefined;
    this.#hasValue = false;
    this.count = 0;
    if (!hasValue) return [[]];
    return this.#packer.tryAdd(value) ? this.#packer.take() : [[value]];
  };
}
