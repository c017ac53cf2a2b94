import { ArrayBuffer, TypeError, describeValue, promiseWithResolvers } from "../runtime/index.ts";
import type { Collection } from "./collection.ts";
import { setIndex } from "./outcomes.ts";
import type { Outcomes, Sink } from "./outcomes.ts";
import type { TypedArrayClass } from "./options.ts";
import { elementType } from "./typed-array-classes.ts";

/** A typed array, as far as it is used here. */
interface Elements {
  readonly length: number;
  set(values: ArrayLike<unknown>, offset: number): void;
  slice(start: number, end: number): Elements;
}

/** Collects the results of `map` in a typed array: each at the place of its item, in whatever order they come. */
export class TypedSink implements Sink {
  readonly handedOver = 0;
  readonly #class: new (length: number) => Elements;
  readonly #type: "number" | "bigint";
  readonly #settled = promiseWithResolvers<unknown>();
  #elements: Elements;
  #length = 0;
  /** Why the collection has failed. */
  failure: { readonly reason: unknown } | undefined;
  /** Set when the collection begins. */
  collection: Pick<Collection, "fail"> | undefined;

  constructor(into: TypedArrayClass) {
    this.#class = into as unknown as new (length: number) => Elements;
    this.#type = elementType(into) ?? "number";
    this.#elements = new this.#class(0);
  }

  /** The array, or the first failure. A caller that blocks leaves it alone. */
  get promise(): Promise<unknown> {
    return this.#settled.promise;
  }

  /** What has come so far: all of it at the end. */
  get results(): unknown {
    const { length } = this.#elements;
    return length === this.#length ? this.#elements : this.#elements.slice(0, this.#length);
  }

  readonly take = ({ first, count, values }: Outcomes): void => {
    // A column of numbers is a typed array, so that one look is enough.
    const looked = ArrayBuffer.isView(values) && this.#type === "number" ? 0 : count;
    for (let i = 0; i < looked; i++)
      if (typeof values[i] !== this.#type) return this.#refuse(first + i, values[i]);
    const end = first + count;
    if (end > this.#elements.length) this.#grow(end);
    // Behind them may stand what has failed, and what came after it.
    const taken = values.length === count ? values : Array.prototype.slice.call(values, 0, count);
    this.#elements.set(taken, first);
    if (end > this.#length) this.#length = end;
  };

  end(): void {
    this.#settled.resolve(this.results);
  }

  fail(reason: unknown): void {
    this.failure = { reason };
    this.#settled.reject(reason);
  }

  #grow(length: number): void {
    const larger = new this.#class(Math.max(length, this.#elements.length * 2));
    larger.set(this.#elements as unknown as ArrayLike<unknown>, 0);
    this.#elements = larger;
  }

  #refuse(index: number, value: unknown): void {
    const error = new TypeError(
      `A ${this.#class.name} holds a ${this.#type} for each item, and this result is none; leave into out to get an array: index=${index} result=${describeValue(value)}`,
    );
    setIndex(error, index);
    this.collection?.fail(error);
  }
}
