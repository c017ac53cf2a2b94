import type { AsyncLocalStorage } from "node:async_hooks";
import { noteChildFigures } from "../../native-queue/index.ts";
import type { RootUse, WorkerGate } from "../../native-queue/index.ts";
import type { Callable, ModuleCallable } from "../callable/index.ts";
import { ThreadPoolError } from "../errors.ts";
import { RUN_IS_OVER } from "../protocol/index.ts";
import type { TaskContext } from "../protocol/index.ts";
import {
  Promise,
  RangeError,
  WeakMap,
  asyncHooks,
  engine,
  isThenable,
  peekPromise,
  queueMicrotask,
  setImmediate,
  performanceNow,
} from "../runtime/index.ts";
import { childCallable } from "./callables.ts";
import type { AnyFunction } from "./callables.ts";
import { CallSites } from "./call-sites.ts";
import type { Child } from "./child.ts";
import { checkArgs, checkMapOptions, checkRange, controlOf } from "./control.ts";
import type { ChildControl, ChildMapOptions, ChildOptions, ChildRangeOptions } from "./control.ts";
import { Group } from "./group.ts";
import type { Items } from "./group.ts";
import { Root } from "./node.ts";
import type { Node } from "./node.ts";
import { PromiseChild } from "./outcome-children.ts";
import { Sharing } from "./sharing.ts";
import type { LocalChildren, SharingParts } from "./sharing.ts";
import type { TakenRun } from "./taken-run.ts";

/** So many synchronous children run back to back before promises go on. */
const MOST_IN_A_ROW = 16;
/** The longest that the event loop waits while children follow each other, in milliseconds. */
const TURN_MS = 10;
/** A parent that does as much beside its child, in milliseconds, gains by an offer. */
const WORTH_AN_OFFER_MS = 0.1;
/** After 2 to the power of so many puts the next offer is tried. */
const MOST_IN_VAIN = 10;
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
export class ForkJoin implements LocalChildren {
  readonly #storage: AsyncLocalStorage<Node> = new (asyncHooks().AsyncLocalStorage)();
  readonly #outside: <R>(call: () => R) => R;
  readonly #rootContext: () => TaskContext;
  readonly #roots = new WeakMap<TaskContext, Root>();
  /** The parents with children that wait, oldest first. */
  readonly #parents: Node[] = [];
  readonly #sites = new CallSites();
  #isScheduled = false;
  /** Whether the other workers have been told that there may be children. */
  #isAnnounced = false;
  /** When the only child that waited was offered, or 0; see `#offerFirst`. */
  #firstOfferedAt = 0;
  #firstsInVain = 0;
  #firstsToSkip = 0;
  #turnedAt = performanceNow();
  /** How many synchronous children stand on top of each other. */
  #depth = 0;
  /** Other workers; undefined where there are none. */
  sharing: Sharing | undefined;
  #countIn: WorkerGate | undefined;
  /** Children that this thread has begun since the figures were told. */
  begun = 0;
  /** Those of them that have failed. */
  failed = 0;

  /**
   * @param outside calls a function outside of every AsyncLocalStorage context
   * @param rootContext finds the `taskContext` of the request that the calling code belongs to
   */
  constructor(outside: <R>(call: () => R) => R, rootContext: () => TaskContext) {
    this.#outside = outside;
    this.#rootContext = rootContext;
  }

  /** What `taskContext` is for code of a child; undefined for other code. */
  get context(): TaskContext | undefined {
    const node = this.#storage.getStore();
    if (node === undefined) return undefined;
    return node.isOver ? RUN_IS_OVER : node.context;
  }

  /** Whether the calling code belongs to a child that goes on. */
  get isInChild(): boolean {
    return this.#storage.getStore()?.isOver === false;
  }

  /** The run of a request is over: what it has left behind ends. */
  endRoot(context: TaskContext): void {
    const root = this.#roots.get(context);
    if (root === undefined) return;
    root.isOver = true;
    this.#endTree();
  }

  /** The run of a child of another worker is over. */
  endTree(run: TakenRun): void {
    run.end();
    this.#endTree();
  }

  #endTree(): void {
    if (this.#parents.length > 0) this.#schedule();
    this.sharing?.reap();
    this.sharing?.endTree();
    this.#count();
  }

  /** Shares children with other workers from now on. */
  share(parts: SharingParts): void {
    this.sharing = new Sharing(parts, this);
    this.#countIn = parts.gate;
  }

  /** Tells the figures that have changed since the last time. */
  #count(): void {
    const gate = this.#countIn;
    if (gate === undefined || this.begun === 0) return;
    const figures = { inPlace: this.begun, taken: 0, failed: this.failed };
    noteChildFigures(gate.views, gate.worker, figures);
    this.begun = 0;
    this.failed = 0;
  }

  readonly #onStop = (): void => this.sharing?.reap();

  /** Calls a function as the code of a run of another worker's tree. */
  callAs<R>(node: Node, call: () => R): R {
    return this.#outside(() => this.#storage.run(node, call));
  }

  /** See `ChildPool.run`. */
  run(
    callable: Callable | ModuleCallable,
    args?: readonly unknown[],
    options?: ChildOptions,
  ): Promise<unknown> {
    try {
      const parent = this.#here();
      const control = options === undefined ? undefined : controlOf(options);
      const found = childCallable(callable);
      const child = new PromiseChild(parent, found, checkArgs(args), control);
      child.place = this.#sites.capture(siteKey(parent));
      if (control !== undefined) watch(child, control);
      if (parent.mustStop) child.abort(reasonOf(parent));
      else this.#put(parent, child);
      return child.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** See `ChildPool.runSync`. */
  runSync(
    callable: Callable | ModuleCallable,
    args?: readonly unknown[],
    options?: ChildOptions,
  ): unknown {
    const parent = this.#here();
    const control = controlOf(options);
    const child = new PromiseChild(parent, childCallable(callable), checkArgs(args), control);
    // What it throws is thrown here.
    child.promise.catch(() => {});
    if (control !== undefined) watch(child, control);
    if (parent.mustStop) throw reasonOf(parent);
    this.callSync(child);
    if (peekPromise.status(child.promise) === "rejected") throw peekPromise(child.promise);
    return peekPromise(child.promise);
  }

  /** See `ChildPool.mapSync`. */
  mapSync(
    callable: Callable | ModuleCallable,
    items: Iterable<unknown>,
    options?: ChildMapOptions,
  ): unknown[] {
    const signal = checkMapOptions(options);
    signal?.throwIfAborted();
    const parent = this.#here();
    if (parent.mustStop) throw reasonOf(parent);
    const group = new Group(parent, childCallable(callable), itemsOf(items));
    this.#list(group);
    try {
      for (;;) {
        const child = group.takeOldest();
        if (child === undefined) break;
        this.#offerIfWanted();
        this.callSync(child);
        if (parent.mustStop) group.fail(-1, reasonOf(parent));
      }
      if (!group.isSettled) this.sharing?.helpUntil(() => group.isSettled, parent.root);
    } finally {
      this.#unlist(group);
      group.isOver = true;
    }
    if (group.failure !== undefined) throw group.failure.error;
    return group.results;
  }

  /** See `ChildPool.map`. */
  map(
    callable: Callable | ModuleCallable,
    items: Iterable<unknown>,
    options?: ChildMapOptions,
  ): Promise<unknown[]> {
    try {
      return this.#collect(callable, itemsOf(items), checkMapOptions(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** See `ChildPool.parallelFor`. */
  async parallelFor(
    callable: Callable | ModuleCallable,
    length: number,
    options?: ChildRangeOptions<readonly unknown[]>,
  ): Promise<void> {
    const { grain, args, signal } = checkRange(length, options);
    const workers = 1 + (this.sharing?.others ?? 0);
    const step = grain ?? Math.max(1, Math.ceil(length / (16 * workers)));
    const ranges: Items = {
      length: Math.ceil(length / step),
      argsOf: (index) => [index * step, Math.min(length, (index + 1) * step), ...args],
    };
    await this.#collect(callable, ranges, signal);
  }

  #collect(
    callable: Callable | ModuleCallable,
    items: Items,
    signal: AbortSignal | undefined,
  ): Promise<unknown[]> {
    signal?.throwIfAborted();
    const parent = this.#here();
    if (parent.mustStop) return Promise.reject(reasonOf(parent));
    const found = childCallable(callable);
    return new Promise((resolve, reject) => {
      const stop = (): void => group.fail(-1, signal?.reason);
      const onChange = (): void => {
        if (!group.isSettled) return this.#goOnWith(group);
        signal?.removeEventListener("abort", stopAndTell);
        if (group.failure !== undefined) reject(group.failure.error);
        else resolve(group.results);
        if (group.underWay === 0) group.isOver = true;
      };
      const stopAndTell = (): void => {
        stop();
        onChange();
      };
      const group = new Group(parent, found, items, onChange);
      signal?.addEventListener("abort", stopAndTell, { once: true });
      if (group.isSettled) onChange();
      else this.#goOnWith(group);
    });
  }

  #goOnWith(group: Group): void {
    if (!group.hasWaiting) return;
    this.#list(group);
    this.#goOn();
  }

  /** The run that the calling code belongs to. */
  #here(): Node {
    const node = this.#storage.getStore();
    if (node !== undefined) {
      if (node.isOver) throw runIsOver();
      return node;
    }
    const context = this.#rootContext();
    if (context === RUN_IS_OVER) throw runIsOver();
    let root = this.#roots.get(context);
    if (root === undefined) {
      root = new Root(context, useOf(context));
      root.onStop = this.#onStop;
      if (!this.#isAnnounced && root.use !== undefined) {
        this.#isAnnounced = true;
        this.sharing?.announce();
      }
      this.#roots.set(context, root);
    }
    return root;
  }

  #put(parent: Node, child: Child): void {
    parent.waiting.push(child);
    this.#list(parent);
    this.#goOn();
  }

  #list(parent: Node): void {
    if (parent.isListed) return;
    parent.isListed = true;
    this.#parents.push(parent);
  }

  #unlist(parent: Node): void {
    if (!parent.isListed) return;
    parent.isListed = false;
    const at = this.#parents.lastIndexOf(parent);
    if (at === this.#parents.length - 1) this.#parents.pop();
    else this.#parents.splice(at, 1);
  }

  #goOn(): void {
    if (this.#isScheduled || this.#parents.length > 1) this.#offerIfWanted();
    else this.#offerFirst();
    if (!this.#isScheduled) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(this.#pump);
  }

  /** Runs some children. What they resolve goes on before the next ones. */
  readonly #pump = (): void => this.#outside(() => this.#runSome());

  #runSome(): void {
    this.#isScheduled = false;
    this.#rateFirst();
    this.sharing?.reap();
    for (let i = 0; i < MOST_IN_A_ROW; i++) {
      const child = this.takeNewest();
      if (child === undefined) break;
      this.#offerIfWanted();
      if (this.#start(child)) break;
    }
    if (this.#parents.length === 0) {
      this.sharing?.help();
      return;
    }
    this.#isScheduled = true;
    if (performanceNow() - this.#turnedAt < TURN_MS) queueMicrotask(this.#pump);
    else setImmediate(this.#pumpLater);
  }

  readonly #pumpLater = (): void => {
    this.#turnedAt = performanceNow();
    this.#pump();
  };

  #offerIfWanted(): void {
    const { sharing } = this;
    const parent = this.#parents[0];
    if (sharing !== undefined && parent !== undefined && sharing.isWanted(parent.root))
      this.offerOldest();
  }

  /**
   * Offers the only child that waits, which pays if its parent has more to do before it waits for the child. When the last such offers
   * did not pay, this one is most likely in vain: so it is left out, more and more often.
   */
  #offerFirst(): void {
    const parent = this.#parents[0];
    if (this.sharing === undefined || parent === undefined) return;
    if (this.#firstsToSkip > 0) {
      this.#firstsToSkip -= 1;
      return;
    }
    if (!this.sharing.isWanted(parent.root)) return;
    this.offerOldest();
    this.#firstOfferedAt = performanceNow();
  }

  /** The parent of a child that was offered first waits now. */
  #rateFirst(): void {
    if (this.#firstOfferedAt === 0) return;
    const isWorthIt = performanceNow() - this.#firstOfferedAt > WORTH_AN_OFFER_MS;
    this.#firstOfferedAt = 0;
    this.#firstsInVain = isWorthIt ? 0 : Math.min(this.#firstsInVain + 1, MOST_IN_VAIN);
    this.#firstsToSkip = isWorthIt ? 0 : 2 ** this.#firstsInVain;
  }

  /** Whether children wait in this thread, or are about to go on. */
  get isBusy(): boolean {
    return this.#isScheduled || this.#parents.length > 0;
  }

  /** Puts a child back that came from its parent. */
  requeue(child: Child): void {
    child.parent.putBack(child);
    this.#list(child.parent);
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
    return this.sharing?.takeBack();
  }

  /** Offers the oldest child to other workers. Those that cannot go there are begun by this thread. */
  offerOldest(): void {
    const parents = this.#parents;
    for (let i = 0; i < parents.length; i++) {
      const parent = parents[i] as Node;
      if (parent.keepsChildren || !parent.hasWaiting || parent.mustStop) continue;
      if (this.sharing?.tryOffer(parent) === true) return;
    }
  }

  /** Begins a child in the event loop. Returns whether it goes on there. */
  #start(child: Child): boolean {
    if (child.parent.mustStop) {
      this.#withdraw(child);
      return false;
    }
    this.begun += 1;
    child.begin();
    this.#storage.enterWith(child);
    try {
      const result: unknown = child.callable.call(...child.args);
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
    // oxlint-disable-next-line promise/prefer-await-to-then, promise/catch-or-return -- an await costs a function more
    result.then(
      (value) => child.end(true, value),
      (error: unknown) => this.#fail(child, error),
    );
  }

  /** Begins a child in the middle of a wait: those of a blocking call on the stack, others as in the event loop. */
  begin(child: Child): void {
    const { parent } = child;
    if (parent instanceof Group && parent.isSync) {
      this.callSync(child);
      return;
    }
    const before = this.#storage.getStore() as Node;
    this.#outside(() => this.#start(child));
    this.#storage.enterWith(before);
  }

  /** Runs a child on the stack of its parent. It is settled when this returns. */
  callSync(child: Child): void {
    if (child.parent.mustStop) {
      this.#withdraw(child);
      return;
    }
    const before = this.#storage.getStore() as Node;
    this.begun += 1;
    child.begin();
    this.#storage.enterWith(child);
    try {
      const { call, name } = child.callable;
      child.end(true, this.callToEnd(call, child.args, name));
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
      const result: unknown = call(...args);
      return typeof result !== "number" && isThenable(result)
        ? this.#awaitSync(result, name)
        : result;
    } finally {
      this.#depth -= 1;
    }
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
      const { sharing } = this;
      if (this.#parents.length > 0) this.#outside(() => this.#runSome());
      else if (sharing === undefined || sharing.outstanding === 0) throw needsEventLoop(name);
      else sharing.helpUntil(isDone, this.#here().root);
    }
    if (peekPromise.status(promise) === "rejected") throw peekPromise(promise);
    return peekPromise(promise);
  }

  #fail(child: Child, error: unknown): void {
    this.failed += 1;
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

/** What the children of one place in a program have in common. */
function siteKey(parent: Node): object {
  return "callable" in parent ? (parent.callable as object) : parent;
}

function watch(child: Child, control: ChildControl): void {
  if (control.signal?.aborted === true) child.abort(control.signal.reason);
  else control.watch((reason) => child.abort(reason));
}

/** Why a run is to stop, as what its children fail with. */
function reasonOf(node: Node): unknown {
  const { reason } = node;
  if (reason !== undefined) return reason;
  return new ThreadPoolError(
    "A child was put by a run that is to stop: it is not begun. Look at taskContext.cancelled() before you put more.",
  );
}

function runIsOver(): ThreadPoolError {
  return new ThreadPoolError(
    "pool of ringpool/worker was used after the run was over that it belongs to; put children inside the callable, before it " +
      "returns, and await them.",
  );
}

function leftBehind(child: Child): ThreadPoolError {
  return new ThreadPoolError(
    `The run that has put this child ended before the child began, so it is not begun; await children before you return: callable=${child.callable.name}`,
  );
}

function needsEventLoop(name: string): ThreadPoolError {
  return new ThreadPoolError(
    "This child waits for the event loop (a timer, a file, the network), which cannot turn while runSync or mapSync blocks it; await " +
      `run() or map() instead: callable=${name}`,
  );
}

/** The task of a run whose context a worker has made; undefined for others. */
function useOf(context: TaskContext): RootUse | undefined {
  const { task, generation } = context as Partial<RootUse>;
  return task === undefined || generation === undefined ? undefined : { task, generation };
}

function isOverflow(error: unknown): boolean {
  return (
    error instanceof RangeError && error.message.startsWith("Maximum call stack size exceeded")
  );
}

function tooDeep(depth: number, cause: unknown): ThreadPoolError {
  return new ThreadPoolError(
    "Children of runSync and mapSync stand on the stack of their parents, and it is full; make the callable asynchronous and " +
      `await pool.run() in it, which has no limit of depth: depth=${depth}`,
    { cause },
  );
}

function itemsOf(items: Iterable<unknown>): Items {
  const list = Array.isArray(items) ? (items as unknown[]) : [...items];
  return { length: list.length, argsOf: (index) => [list[index]] };
}

export type { AnyFunction };
