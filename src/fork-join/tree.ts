import type { RootUse } from "../../native-queue/index.ts";
import type { CarriedStorage, LoadableDefinition } from "../callable/load.ts";
import { RequestTimeout } from "../errors.ts";
import type { RequestID, RequestRun, TaskContext } from "../protocol/index.ts";
import { Set, performanceNow } from "../runtime/index.ts";
import { Sites } from "./call-sites.ts";
import { ChildSignal } from "./child-signal.ts";
import type { ChildLog } from "./child-log.ts";
import type { ChildCallable } from "./callables.ts";
import type { ChildControl } from "./control.ts";

/** It has not begun, and this thread may run it. */
export const WAITING = 0;
/** It is offered to other workers, and one of them may run it. */
export const OFFERED = 1;
/** It runs in this thread. */
const RUNNING = 2;
/** Its outcome is known. A run that was stopped may go on. */
const SETTLED = 3;
type ChildState = typeof WAITING | typeof OFFERED | typeof RUNNING | typeof SETTLED;

/** The storages of an option `carry`; undefined when it names none. */
export function carriedBy(carry: readonly CarriedStorage[]): readonly CarriedStorage[] | undefined {
  return carry.length === 0 ? undefined : carry;
}

/** The stores that the calling code sees, one for each storage. */
export function storesHere(carried: readonly CarriedStorage[]): readonly unknown[] {
  return carried.map(({ storage }) => storage.getStore());
}

/** A run of a tree: the run of a request, or of a child. It may have children. */
export abstract class Node {
  /** Its children that have not begun, oldest first, from `firstWaiting` on. */
  waiting: Child[] | undefined = undefined;
  firstWaiting = 0;
  /** Whether it stands among the parents that have waiting children. */
  isListed = false;
  /** Whether its children stay in this thread, because one of them could not be sent. */
  keepsChildren = false;
  /** Its number among the children of its root; 0 for the root, and for a collection, which is no run. */
  abstract readonly number: number;
  /** Whether it is a run, and no collection. */
  readonly isRun: boolean = true;
  /** Whether its callable has ended. */
  isOver = false;
  /** How many of its children and collections go on beside its own code: asynchronous ones, and those with other workers. */
  running = 0;
  /** This node, or its nearest ancestor that can be asked to stop by itself. */
  abstract readonly stopper: Node;
  /** The node above it; undefined for the run of a request. */
  abstract readonly above: Node | undefined;
  /** Where its children were put. */
  abstract readonly sites: Sites;
  /** The storages whose stores its children get; undefined when there are none. */
  abstract readonly carried: readonly CarriedStorage[] | undefined;
  /** What it calls, if that is known. */
  abstract readonly definition: LoadableDefinition | undefined;
  /** The run of a request that the tree hangs on. */
  abstract readonly root: Root;
  /** What `taskContext` is in its code. */
  abstract readonly context: TaskContext;

  /** Whether this node itself, and not one above it, is to stop. */
  protected abstract isStopped(): boolean;
  /** Why it is to stop. */
  protected abstract stopReason(): unknown;

  /** Whether this run, or one above it, is to stop. */
  get mustStop(): boolean {
    return this.stopped !== undefined;
  }

  /** The nearest run, from this one upwards, that is to stop or over; undefined when there is none. */
  get stopped(): Node | undefined {
    if (this.root.hasLeftBehind) return this.#stoppedOnTheWay();
    for (let node: Node | undefined = this.stopper; node !== undefined; node = node.above?.stopper)
      if (node.isOver || node.isStopped()) return node;
    return undefined;
  }

  /** The same where a run has left children behind: it need not be one that can be asked to stop by itself. */
  #stoppedOnTheWay(): Node | undefined {
    if (this.isOver || this.isStopped()) return this;
    for (let node = this.above; node !== undefined; node = node.above)
      if (node.isOver || node.isStopped()) return node;
    return undefined;
  }

  /** Why this run is to stop. Undefined, which makes it an AbortError, when it is not known. */
  get reason(): unknown {
    const { stopped } = this;
    return stopped === undefined || stopped.isOver ? undefined : stopped.stopReason();
  }

  /** Takes the oldest child that has not begun. */
  takeOldest(): Child | undefined {
    const { waiting } = this;
    if (waiting === undefined) return undefined;
    while (this.firstWaiting < waiting.length) {
      const child = waiting[this.firstWaiting] as Child;
      waiting[this.firstWaiting] = undefined as unknown as Child;
      this.firstWaiting += 1;
      if (this.firstWaiting === waiting.length) {
        waiting.length = 0;
        this.firstWaiting = 0;
      }
      if (child.isWaiting) return child;
    }
    return undefined;
  }

  /** The same, for another worker. */
  takeToOffer(): Child | undefined {
    return this.takeOldest();
  }

  /** Puts the child back that was taken last. */
  putBack(child: Child): void {
    const waiting = (this.waiting ??= []);
    if (this.firstWaiting === 0) waiting.unshift(child);
    else waiting[--this.firstWaiting] = child;
  }

  /** Whether a child may wait that has not begun. */
  get hasWaiting(): boolean {
    return this.waiting !== undefined && this.waiting.length > 0;
  }
}

/** The run of a request, as the root of its tree. It is known by its `taskContext`. */
export class Root extends Node {
  readonly context: TaskContext;
  /** The task of the request that the tree belongs to; undefined where there is none, and so no other worker to help. */
  readonly use: RootUse | undefined;
  readonly carried: readonly CarriedStorage[] | undefined;
  /** Called when a run of this tree is asked to stop by itself. */
  onStop: (() => void) | undefined = undefined;
  readonly stopper: Node = this;
  readonly above = undefined;
  readonly root: Root = this;
  readonly sites: Sites = new Sites();
  readonly number = 0;
  /** What a trace is to hear of its children; undefined when there is none. */
  log: ChildLog | undefined = undefined;
  /** Whether a run of this tree has ended before its children. */
  hasLeftBehind = false;
  /** The children whose signals are in use: no event tells them of a stop above them. */
  #listening: Set<Child> | undefined;
  /** How many children it has had, with those of its children in this thread. */
  children = 0;

  constructor(
    context: TaskContext,
    use: RootUse | undefined,
    carried: readonly CarriedStorage[] | undefined,
  ) {
    super();
    this.context = context;
    this.use = use;
    this.carried = carried;
  }

  get definition(): LoadableDefinition | undefined {
    return (this.context as Partial<RequestRun>).callable;
  }

  /** Its signal is in use: it is told when it is to stop. */
  listen(child: Child): void {
    if (this.#listening === undefined) {
      this.#listening = new Set();
      this.context.signal.addEventListener("abort", () => this.tellStops());
    }
    this.#listening.add(child);
  }

  /** It has ended. */
  unlisten(child: Child): void {
    this.#listening?.delete(child);
  }

  /** A run of this tree may have to stop now: aborts the signals of those that do. */
  tellStops(): void {
    if (this.#listening === undefined) return;
    // A copy, because what it tells may end children.
    for (const child of Array.from(this.#listening)) child.cancelled();
  }

  protected isStopped(): boolean {
    return this.context.cancelled();
  }

  protected stopReason(): unknown {
    return this.context.signal.reason;
  }
}

/**
 * A child: one call of a callable for the run that has put it.
 *
 * ```
 * WAITING ──this thread begins it──▶ RUNNING ──it ends──▶ SETTLED
 *   │  ▲                                                    ▲
 *   │  └──taken back──┐                                     │
 *   └──offered──▶ OFFERED ──another worker sends its outcome┘
 * ```
 *
 * From every state it is settled at once when its signal is aborted.
 */
export abstract class Child extends Node implements TaskContext {
  readonly parent: Node;
  readonly root: Root;
  readonly callable: ChildCallable;
  readonly args: readonly unknown[];
  readonly control: ChildControl | undefined;
  readonly stopper: Node;
  readonly carried: readonly CarriedStorage[] | undefined;
  /** The stores that its code gets, one for each of `carried`. */
  stores: readonly unknown[] | undefined = undefined;
  /** Its number among the children of its root. */
  readonly number: number;
  state: ChildState = WAITING;
  attempt = 1;
  #signal: ChildSignal | undefined;
  #timeOutAt = Infinity;
  #isAborted = false;
  #abortReason: unknown;

  constructor(
    parent: Node,
    callable: ChildCallable,
    args: readonly unknown[],
    control?: ChildControl,
  ) {
    super();
    this.parent = parent;
    const { root } = parent;
    this.root = root;
    this.callable = callable;
    this.args = args;
    this.control = control;
    this.stopper = control === undefined ? parent.stopper : this;
    this.carried = control?.carry === undefined ? parent.carried : carriedBy(control.carry);
    this.number = ++root.children;
  }

  /** What its outcome goes to. Called once. */
  protected abstract onSettled(isSuccess: boolean, value: unknown): void;

  get above(): Node {
    return this.parent;
  }

  get context(): TaskContext {
    return this;
  }

  get definition(): LoadableDefinition {
    return this.callable.definition;
  }

  get sites(): Sites {
    return this.callable.sites;
  }

  get isWaiting(): boolean {
    return this.state === WAITING;
  }

  get isSettled(): boolean {
    return this.state === SETTLED;
  }

  get requestID(): RequestID {
    return `${String(this.root.context.requestID)}/${this.number}`;
  }

  get workerId(): number {
    return this.root.context.workerId;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#signal = new ChildSignal(() => this.cancelled());
      if (!this.isOver) this.root.listen(this);
    }
    this.cancelled();
    return this.#signal.signal;
  }

  cancelled(): boolean {
    const isCancelled = this.mustStop;
    if (isCancelled) this.#signal?.abort(this.reason);
    return isCancelled;
  }

  throwIfCancelled(): void {
    if (this.cancelled()) this.signal.throwIfAborted();
  }

  progress(value: unknown): void {
    if (!this.isOver) this.control?.onProgress?.(value);
  }

  /** Its run begins: its time limit counts from now on. */
  begin(): void {
    this.state = RUNNING;
    const timeoutMs = this.control?.timeoutMs ?? Infinity;
    if (timeoutMs !== Infinity) this.#timeOutAt = performanceNow() + timeoutMs;
  }

  /** Its run goes on in the event loop, where it ends when its time is over. */
  watchClock(): void {
    this.control?.watchClock(this.#timeOutAt, () => this.abort(this.#timeout()));
  }

  /** Settles it at once, and asks its run to stop. */
  abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#abortReason = reason;
    this.settle(false, reason);
    this.#signal?.abort(reason);
    this.root.onStop?.();
  }

  /** It has ended in whatever way. Does nothing when it is settled already. */
  settle(isSuccess: boolean, value: unknown): void {
    if (this.state === SETTLED) return;
    this.state = SETTLED;
    this.control?.end();
    this.onSettled(isSuccess, value);
  }

  /** Its callable has returned or thrown. A run over its time fails, as in a request that runs in the caller. */
  end(isSuccess: boolean, value: unknown): void {
    if (this.control !== undefined && this.#timeOutAt <= performanceNow())
      this.abort(this.#timeout());
    this.isOver = true;
    if (this.root.log !== undefined) this.#tell(this.root.log, isSuccess, value);
    // Most children are leaves that nobody stops.
    if (this.waiting !== undefined || this.running > 0 || this.#signal !== undefined) this.#leave();
    this.settle(isSuccess, value);
  }

  #tell(log: ChildLog, isSuccess: boolean, value: unknown): void {
    const isCancelled = this.#isAborted || (!isSuccess && this.mustStop);
    if (isCancelled) log.end(this, "cancelled", this.#isAborted ? this.#abortReason : value);
    else log.end(this, isSuccess ? "succeeded" : "failed", value);
  }

  /** It listens no more, and its children are to stop. Those that have not begun never begin. */
  #leave(): void {
    this.root.unlisten(this);
    if (this.running === 0 && !this.hasWaiting) return;
    this.root.hasLeftBehind = true;
    this.root.onStop?.();
  }

  /** Settles it with an error that harms nobody who does not look: its parent has ended. */
  abandon(error: unknown): void {
    this.settle(false, error);
  }

  protected isStopped(): boolean {
    if (!this.#isAborted && this.#timeOutAt <= performanceNow()) this.abort(this.#timeout());
    return this.#isAborted;
  }

  protected stopReason(): unknown {
    return this.#abortReason;
  }

  #timeout(): RequestTimeout {
    return new RequestTimeout(
      `A child ran longer than its timeoutMs, so it was asked to stop: requestID=${String(this.requestID)} timeoutMs=${this.control?.timeoutMs}`,
    );
  }
}
