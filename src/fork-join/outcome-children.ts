import { Promise } from "../runtime/index.ts";
import type { Place } from "./call-sites.ts";
import type { ChildCallable } from "./callables.ts";
import { Child, storesHere } from "./tree.ts";
import type { Items, Part } from "./items.ts";
import type { ChildControl } from "./control.ts";
import type { Node } from "./tree.ts";

/** A child of `run`: its outcome settles a promise. */
export class PromiseChild extends Child {
  readonly promise: Promise<unknown>;
  /** Where it was put; undefined where a call waits for it that knows the place. */
  place: Place | undefined = undefined;
  #resolve!: (value: unknown) => void;
  #reject!: (reason: unknown) => void;

  constructor(
    parent: Node,
    callable: ChildCallable,
    args: readonly unknown[],
    control?: ChildControl,
  ) {
    super(parent, callable, args, control);
    if (this.carried !== undefined) this.stores = storesHere(this.carried);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  override abandon(error: unknown): void {
    // An error that nobody handles would end the worker.
    // oxlint-disable-next-line promise/no-promise-in-callback -- this is no callback
    this.promise.catch(() => {});
    super.abandon(error);
  }

  protected onSettled(isSuccess: boolean, value: unknown): void {
    if (isSuccess) {
      this.#resolve(value);
      return;
    }
    this.place?.appendTo(value);
    // A parent that is to stop, or over, may not look at it, and an error that nobody handles would end the worker.
    if (this.parent.mustStop) this.promise.catch(() => {});
    this.#reject(value);
  }
}

/** What the children of one collection report to. */
export interface ItemSink {
  /** The stores that its items get. */
  readonly stores: readonly unknown[] | undefined;
  /** An item begins in this thread. */
  noteBegin(): void;
  /** An item that has begun in this thread has failed. */
  noteFailure(): void;
  take(index: number, isSuccess: boolean, value: unknown): void;
  takeRange(range: RangeChild, isSuccess: boolean, value: unknown): void;
  readonly items: Items;
}

/** A child of a collection: one of its items. */
export class ItemChild extends Child {
  readonly index: number;
  readonly #sink: ItemSink;
  #hasBegun = false;

  constructor(
    group: Node & ItemSink,
    callable: ChildCallable,
    args: readonly unknown[],
    index: number,
  ) {
    super(group, callable, args);
    this.stores = group.stores;
    this.index = index;
    this.#sink = group;
  }

  override begin(): void {
    super.begin();
    this.#hasBegun = true;
    this.#sink.noteBegin();
  }

  protected onSettled(isSuccess: boolean, value: unknown): void {
    if (this.#hasBegun && !isSuccess) this.#sink.noteFailure();
    this.#sink.take(this.index, isSuccess, value);
  }
}

/** Of the collections that a run belongs to, the item in the outermost one of its thread; 0 when it belongs to none. */
export function firstItemOf(run: Node): number {
  let index = 0;
  for (let node: Node | undefined = run; node !== undefined; node = node.above)
    if (node instanceof ItemChild) ({ index } = node);
  return index;
}

const NO_ARGS: readonly unknown[] = [];

/** Items of a collection that follow each other, for another worker. Its own thread never runs it: see `Group.putBack`. */
export class RangeChild extends Child {
  /** The first item, and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** The item that has failed, counted from the first one. */
  failedAt = 0;
  readonly #sink: ItemSink;

  constructor(group: Node & ItemSink, callable: ChildCallable, from: number, to: number) {
    super(group, callable, NO_ARGS);
    this.stores = group.stores;
    this.from = from;
    this.to = to;
    this.#sink = group;
  }

  /** What the other worker needs. */
  get part(): Part {
    return this.#sink.items.partOf(this.from, this.to);
  }

  protected onSettled(isSuccess: boolean, value: unknown): void {
    this.#sink.takeRange(this, isSuccess, value);
  }
}
