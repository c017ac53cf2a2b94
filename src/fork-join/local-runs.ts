import type { AsyncLocalStorage } from "node:async_hooks";
import {
  Promise,
  asyncHooks,
  engine,
  isThenable,
  peekPromise,
  performanceNow,
  queueMicrotask,
  setImmediate,
} from "../runtime/index.ts";
import { callOf, callWith, withStores } from "./call-child.ts";
import type { RequestRun } from "../protocol/index.ts";
import type { AnyFunction } from "./callables.ts";
import { ChildCounts } from "./child-counts.ts";
import { isOverflow, leftBehind, needsEventLoop, reasonOf, tooDeep } from "./child-errors.ts";
import { FirstOffers } from "./first-offers.ts";
import { Group } from "./group.ts";
import { Sharing } from "./sharing.ts";
import type { LocalChildren } from "./local-children.ts";
import type { SharingParts } from "./sharing-parts.ts";
import type { TakenRun } from "./taken-run.ts";
import type { Child, Node } from "./tree.ts";

/** So many synchronous children run back to back before promises go on. */
const MOST_IN_A_ROW = 16;
/** In so many microtasks a parent ends that returns what its children have given. */
const TICKS_TO_END = 4;
const MOST_TICKS = 16;
/** The longest that the event loop waits while children follow each other, in milliseconds. */
const TURN_MS = 10;
/** After so many microtasks the clock is read. */
const SCHEDULES_A_CLOCK = 64;
/** From so many children on top of each other on, a full stack is most likely their doing. */
const DEEP = 500;

/**
 * Runs children in this thread, and hands some of them to other workers when these have nothing to do.
 *
 * ```
 * put ──▶ waits with its parent ──▶ runs here, between the steps of its parents
 *                  │
 *                  └── another worker wants one ──▶ offered (`Sharing`) ──▶ runs there, or is taken back
 * ```
 *
 * Of the children that wait, this thread begins those of the newest parent first, in the order in which they were put: one
 * thread alone does everything in the order of a plain program. Another worker gets the oldest child of the oldest parent, which
 * most likely stands for the most work.
 */
export class LocalRuns implements LocalChildren {
  readonly #storage: AsyncLocalStorage<Node> = new (asyncHooks().AsyncLocalStorage)();
  readonly #outside: <R>(call: () => R) => R;
  /** The parents with children that wait, oldest first. */
  readonly #parents: Node[] = [];
  readonly #firstOffers = new FirstOffers();
  #isScheduled = false;
  /** Whether the event loop is to turn before more children begin. */
  #isTurnAwaited = false;
  #schedules = 0;
  /** So many microtasks pass before more children begin: the newest parents may go on, and most likely end. */
  #toYield = 0;
  #turnedAt = performanceNow();
  /** How many synchronous children stand on top of each other. */
  #depth = 0;
  #sharing: Sharing | undefined;
  readonly counts: ChildCounts = new ChildCounts();

  /** @param outside calls a function outside of every AsyncLocalStorage context */
  constructor(outside: <R>(call: () => R) => R) {
    this.#outside = outside;
  }

  /** The run of a child that the calling code belongs to; undefined for other code. */
  get current(): Node | undefined {
    return this.#storage.getStore();
  }

  /** Other workers; undefined where there are none. */
  get sharing(): Sharing | undefined {
    return this.#sharing;
  }

  /** Shares children with other workers from now on. */
  share(parts: SharingParts): void {
    this.#sharing = new Sharing(parts, this);
    this.counts.gate = parts.gate;
  }

  /** Whether children wait in this thread, or are about to go on. */
  get isBusy(): boolean {
    return this.#isScheduled || this.#parents.length > 0;
  }

  put(parent: Node, child: Child): void {
    (parent.waiting ??= []).push(child);
    this.list(parent);
    this.goOn();
  }

  list(parent: Node): void {
    if (parent.isListed) return;
    parent.isListed = true;
    this.#parents.push(parent);
  }

  unlist(parent: Node): void {
    if (!parent.isListed) return;
    parent.isListed = false;
    const at = this.#parents.lastIndexOf(parent);
    if (at === this.#parents.length - 1) this.#parents.pop();
    else this.#parents.splice(at, 1);
  }

  goOn(): void {
    if (this.#isScheduled || this.#parents.length > 1) this.offerIfWanted();
    else this.#offerFirst();
    if (!this.#isScheduled) this.#schedule();
  }

  offerIfWanted(): void {
    const sharing = this.#sharing;
    const parents = this.#parents;
    const parent = parents[0];
    if (sharing === undefined || parent === undefined) return;
    // Mostly a parent whose only child has been taken: to look who is hungry costs more than this.
    if (parents.length === 1 && !parent.hasWaiting) return;
    if (sharing.isWanted(parent.root)) this.offerOldest();
  }

  /** Puts a child back that came from its parent. */
  requeue(child: Child): void {
    child.parent.putBack(child);
    this.list(child.parent);
    this.#schedule();
  }

  /** The next child for this thread; undefined when none waits. */
  takeNewest(): Child | undefined {
    const parents = this.#parents;
    while (parents.length > 0) {
      const parent = parents[parents.length - 1] as Node;
      parent.keepsChildren = false;
      const child = parent.takeOldest();
      if (child !== undefined) return child;
      (parents.pop() as Node).isListed = false;
    }
    return this.#sharing?.takeBack();
  }

  /** Begins a child in the middle of a wait: those of a blocking call on the stack, others as in the event loop. */
  begin(child: Child): void {
    const { parent } = child;
    if (parent instanceof Group && parent.isSync)
      return parent.mustStop ? this.#withdraw(child) : this.callSync(child);
    const before = this.#storage.getStore() as Node;
    this.#outside(() => this.#start(child));
    this.#storage.enterWith(before);
  }

  /** Runs a child on the stack of its parent. It is settled when this returns. */
  callSync(child: Child): void {
    const before = this.#storage.getStore() as Node;
    this.counts.begun += 1;
    child.begin();
    child.root.log?.begin(child);
    this.#storage.enterWith(child);
    try {
      const { call, name } = child.callable;
      const { carried, stores, args } = child;
      const result =
        carried === undefined || stores === undefined
          ? this.callToEnd(call, args, name)
          : withStores(carried, stores, () => this.callToEnd(call, args, name));
      child.end(true, result);
    } catch (error) {
      this.#fail(child, error);
    } finally {
      this.#storage.enterWith(before);
    }
  }

  /** Calls a callable and waits for its result on the stack. */
  callToEnd(call: AnyFunction, args: readonly unknown[], name: string): unknown {
    this.#depth += 1;
    try {
      const result = callWith(call, args);
      return typeof result !== "number" && isThenable(result)
        ? this.#awaitSync(result, name)
        : result;
    } finally {
      this.#depth -= 1;
    }
  }

  /** Calls a function as the code of a run of another worker's tree. */
  callAs<R>(node: Node, call: () => R): R {
    return this.#outside(() => this.#storage.run(node, call));
  }

  /** The run of a child of another worker is over. */
  endTree(run: TakenRun): void {
    run.end();
    run.tellStops();
    this.settleLeft();
  }

  /** A tree is over: what it has left behind ends. */
  settleLeft(): void {
    if (this.#parents.length > 0) this.#schedule();
    this.#sharing?.reap();
    this.#sharing?.endTree();
    this.counts.tell();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    // A clock costs a third of a child, so it is read now and then; the thread of the program, which has other work, reads it always.
    this.#schedules += 1;
    const isClockDue = this.#sharing === undefined || this.#schedules % SCHEDULES_A_CLOCK === 0;
    if (isClockDue && performanceNow() - this.#turnedAt >= TURN_MS) return this.#awaitTurn();
    this.#isScheduled = true;
    queueMicrotask(this.#pump);
  }

  #awaitTurn(): void {
    this.#isScheduled = true;
    this.#isTurnAwaited = true;
    // In a thread that a pool shares with the program, which may block until this tree is done, that is another way.
    const context = this.#parents.at(-1)?.root.context as Partial<RequestRun> | undefined;
    const nextTurn = context?.nextTurn ?? setImmediate;
    nextTurn(this.#pumpLater);
  }

  /** Runs some children. What they resolve goes on before the next ones. */
  readonly #pump = (): void => {
    if (this.#isTurnAwaited) return;
    if (this.#toYield === 0) return this.#outside(this.#runSome);
    this.#toYield -= 1;
    queueMicrotask(this.#pump);
  };

  readonly #runSome = (): void => {
    this.#isScheduled = false;
    this.#firstOffers.rate();
    this.#sharing?.reap();
    for (let i = 0; i < MOST_IN_A_ROW; i++) {
      const begun = this.#dropBegun();
      if (begun > 0 && this.#parents.length > 0) {
        this.#toYield = Math.min(begun * TICKS_TO_END, MOST_TICKS);
        break;
      }
      const child = this.takeNewest();
      if (child === undefined) break;
      this.offerIfWanted();
      if (this.#start(child)) break;
    }
    if (this.#parents.length === 0) {
      this.counts.tell();
      this.#sharing?.help();
      return;
    }
    // A child that has put children has scheduled them already. Were there two microtasks, the next child would begin before what the last one
    // has resolved goes on.
    if (performanceNow() - this.#turnedAt < TURN_MS) this.#schedule();
    else if (!this.#isTurnAwaited) this.#awaitTurn();
  };

  /** Takes parents off the list whose children have all begun, newest first. Returns how many. */
  #dropBegun(): number {
    const parents = this.#parents;
    let dropped = 0;
    for (let i = parents.length - 1; i >= 0; i--) {
      const parent = parents[i] as Node;
      if (parent.hasWaiting) break;
      parents.pop();
      parent.isListed = false;
      dropped += 1;
    }
    return dropped;
  }

  readonly #pumpLater = (): void => {
    this.#isTurnAwaited = false;
    this.#turnedAt = performanceNow();
    this.#pump();
  };

  /** Offers the only child that waits. */
  #offerFirst(): void {
    const parent = this.#parents[0];
    if (this.#sharing === undefined || parent === undefined || !this.#firstOffers.isDue()) return;
    if (!this.#sharing.isWanted(parent.root)) return;
    this.offerOldest();
    this.#firstOffers.made();
  }

  /** Offers the oldest child to other workers. Those that cannot go there are begun by this thread. */
  offerOldest(): void {
    const parents = this.#parents;
    for (let i = 0; i < parents.length; i++) {
      const parent = parents[i] as Node;
      if (parent.keepsChildren || !parent.hasWaiting || parent.mustStop) continue;
      if (this.#sharing?.tryOffer(parent) === true) return;
    }
  }

  /** Begins a child in the event loop. Returns whether it goes on there. */
  #start(child: Child): boolean {
    if (child.parent.mustStop) {
      this.#withdraw(child);
      return false;
    }
    this.counts.begun += 1;
    child.begin();
    child.root.log?.begin(child);
    this.#storage.enterWith(child);
    try {
      const result = callOf(child);
      if (typeof result !== "number" && isThenable(result)) {
        this.#endLater(child, result);
        return true;
      }
      child.end(true, result);
    } catch (error) {
      this.#fail(child, error);
    }
    return false;
  }

  #endLater(child: Child, result: PromiseLike<unknown>): void {
    const { parent } = child;
    child.watchClock();
    parent.running += 1;
    // An await would cost a function more.
    result.then(
      (value) => {
        parent.running -= 1;
        return child.end(true, value);
      },
      (error: unknown) => {
        parent.running -= 1;
        return this.#fail(child, error);
      },
    );
  }

  /** Waits for an asynchronous child on the stack of its parent, which is possible while it waits for children only. */
  #awaitSync(result: PromiseLike<unknown>, name: string): unknown {
    const promise = Promise.resolve(result);
    promise.catch(() => {});
    const { drainMicrotasks } = engine() as unknown as { drainMicrotasks: () => void };
    const isDone = (): boolean => {
      drainMicrotasks();
      return peekPromise.status(promise) !== "pending";
    };
    while (!isDone()) {
      const sharing = this.#sharing;
      if (this.#parents.length > 0) this.#outside(this.#runSome);
      else if (sharing === undefined || sharing.outstanding === 0) throw needsEventLoop(name);
      else sharing.helpUntil(isDone, (this.current as Node).root);
    }
    if (peekPromise.status(promise) === "rejected") throw peekPromise(promise);
    return peekPromise(promise);
  }

  #fail(child: Child, error: unknown): void {
    this.counts.failed += 1;
    child.end(
      false,
      this.#depth >= DEEP && isOverflow(error) ? tooDeep(this.#depth, error) : error,
    );
  }

  #withdraw(child: Child): void {
    const { stopped } = child.parent;
    if (stopped?.isOver === true) child.abandon(leftBehind(child));
    else child.settle(false, reasonOf(child.parent));
  }
}
