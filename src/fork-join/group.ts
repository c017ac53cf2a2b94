import type { CarriedStorage, LoadableDefinition } from "../callable/load.ts";
import type { TaskContext } from "../protocol/index.ts";
import { defineValue, performanceNow } from "../runtime/index.ts";
import type { GlobalAbortSignal } from "../runtime/index.ts";
import type { Place, Sites } from "./call-sites.ts";
import type { ChildCallable } from "./callables.ts";
import type { MapSettings } from "./control.ts";
import type { Items } from "./items.ts";
import { ItemChild, RangeChild } from "./outcome-children.ts";
import type { ItemSink } from "./outcome-children.ts";
import { Node, carriedBy, storesHere } from "./tree.ts";
import type { Child, Root } from "./tree.ts";

const { isArray } = Array;

/** So many items of a collection run in one thread at a time, when their callable is asynchronous. */
const MOST_AT_ONCE = 64;

/** Another worker takes items for so many milliseconds at a time, as far as that can be told, and at most so many. */
const RANGE_MS = 2;
const MOST_IN_RANGE = 4096;

/**
 * The children of one collection. It makes each child when somebody takes it, so the items that have not begun cost
 * nothing.
 */
export class Group extends Node implements ItemSink {
  readonly above: Node;
  readonly number = 0;
  override readonly isRun = false;
  readonly root: Root;
  readonly stopper: Node = this;
  readonly callable: ChildCallable;
  readonly items: Items;
  readonly carried: readonly CarriedStorage[] | undefined;
  /** The stores that its items get, one for each of `carried`. */
  readonly stores: readonly unknown[] | undefined;
  readonly results: unknown[];
  /** How many of its children run or are with other workers. */
  underWay = 0;
  /** How many items are with other workers in ranges. */
  #away = 0;
  #next = 0;
  #end: number;
  /** Items that were taken back, beside those from `#next` to `#end`. */
  readonly #ranges: (readonly [from: number, to: number])[] = [];
  /** How many items this thread has begun, and when it had begun how many: so it can be told how long one takes. */
  begun = 0;
  /** Whether one of those has failed. */
  hasFailedHere = false;
  #measuredAt = 0;
  #measuredFrom = 0;
  readonly #returned: Child[] = [];
  #failure: { readonly index: number; readonly error: unknown } | undefined;
  readonly #onChange: (() => void) | undefined;
  readonly #place: Place | undefined;
  readonly #signal: GlobalAbortSignal | undefined;

  /** Whether its children are run on the stack of the thread, which waits for them there. */
  readonly isSync: boolean;

  /**
   * @param place where the collection was put, and `onChange` is called when a child has ended; both are undefined for a group whose
   *   thread blocks: there the call that waits knows its place
   */
  constructor(
    parent: Node,
    callable: ChildCallable,
    items: Items,
    { signal, carry }: MapSettings,
    place?: Place,
    onChange?: () => void,
  ) {
    super();
    this.above = parent;
    this.root = parent.root;
    this.callable = callable;
    this.items = items;
    this.#end = items.length;
    this.carried = carry === undefined ? parent.carried : carriedBy(carry);
    this.stores = this.carried === undefined ? undefined : storesHere(this.carried);
    this.#signal = signal;
    this.results = [];
    this.#place = place;
    this.#onChange = onChange;
    this.isSync = onChange === undefined;
  }

  get context(): TaskContext {
    return this.above.context;
  }

  get definition(): LoadableDefinition | undefined {
    return this.above.definition;
  }

  get sites(): Sites {
    return this.above.sites;
  }

  override get hasWaiting(): boolean {
    if (this.#failure !== undefined) return false;
    if (this.#returned.length > 0) return true;
    const isLeft = this.#next < this.#end || this.#ranges.length > 0;
    return isLeft && this.underWay < MOST_AT_ONCE;
  }

  /** Whether every item has its outcome, or one has failed. */
  get isSettled(): boolean {
    if (this.#failure !== undefined) return true;
    if (this.#next < this.#end || this.underWay > 0) return false;
    return this.#away === 0 && this.#ranges.length === 0;
  }

  /** Whether items run here or are with other workers. */
  get isAtWork(): boolean {
    return this.underWay + this.#away > 0;
  }

  /** What it has failed with, and the item, which is -1 for another reason; undefined while it has not failed. */
  get failure(): { readonly index: number; readonly error: unknown } | undefined {
    return this.#failure;
  }

  override takeOldest(): Child | undefined {
    if (!this.hasWaiting) return undefined;
    const returned = this.#returned.pop();
    if (returned !== undefined) return returned;
    if (this.#next === this.#end) [this.#next, this.#end] = this.#ranges.pop() as [number, number];
    const index = this.#next++;
    this.underWay += 1;
    return new ItemChild(this, this.callable, this.items.argsOf(index), index);
  }

  /** Takes what another worker is to run: one item, or when items are short, several that follow each other. */
  override takeToOffer(): Child | undefined {
    const count = this.#countToOffer();
    if (count < 2) return this.takeOldest();
    const from = this.#next;
    this.#next += count;
    this.#away += count;
    return new RangeChild(this, this.callable, from, this.#next);
  }

  /** Puts a child back. The items of a range are single ones again. */
  override putBack(child: Child): void {
    if (!(child instanceof RangeChild)) {
      this.#returned.push(child);
      return;
    }
    this.#away -= child.to - child.from;
    if (this.#next < this.#end) this.#ranges.push([this.#next, this.#end]);
    [this.#next, this.#end] = [child.from, child.to];
  }

  #countToOffer(): number {
    const half = (this.#end - this.#next) >> 1;
    if (half < 2 || !this.hasWaiting || this.#returned.length > 0) return 1;
    const now = performanceNow();
    const begun = this.begun - this.#measuredFrom;
    const eachMs = (now - this.#measuredAt) / begun;
    if (this.#measuredAt !== 0 && begun > 0)
      return Math.min(half, MOST_IN_RANGE, Math.floor(RANGE_MS / eachMs));
    this.#measuredAt = now;
    this.#measuredFrom = this.begun;
    return 1;
  }

  noteBegin(): void {
    this.begun += 1;
  }

  noteFailure(): void {
    this.hasFailedHere = true;
  }

  take(index: number, isSuccess: boolean, value: unknown): void {
    this.underWay -= 1;
    if (isSuccess) this.results[index] = value;
    else this.fail(index, value);
    this.#onChange?.();
  }

  takeRange(child: RangeChild, isSuccess: boolean, value: unknown): void {
    const { from, to } = child;
    this.#away -= to - from;
    if (!isSuccess) this.fail(from + child.failedAt, value);
    else if (isArray(value)) for (const [i, each] of value.entries()) this.results[from + i] = each;
    this.#onChange?.();
  }

  /** Ends it: no more items begin, and those that run are asked to stop. */
  fail(index: number, error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { index, error };
    if (index >= 0) {
      noteIndex(error, index * this.items.step);
      this.#place?.appendTo(error);
    }
    if (this.isAtWork) this.root.onStop?.();
  }

  /** A signal may be aborted without a turn of the event loop: by an item, or when its `aborted` is asked for. */
  protected isStopped(): boolean {
    if (this.#failure === undefined && this.#signal?.aborted === true)
      this.fail(-1, this.#signal.reason);
    return this.#failure !== undefined;
  }

  protected stopReason(): unknown {
    return this.#failure?.index === -1 ? this.#failure.error : undefined;
  }
}

/** Says in an error which item has failed, or where its range begins. It is enumerable, so it goes with the error to the program. */
function noteIndex(error: unknown, index: number): void {
  if (typeof error !== "object" || error === null) return;
  try {
    defineValue(error, "index", index, true);
  } catch {
    // It is frozen or a Proxy.
  }
}
