import type { AsyncLocalStorage } from "node:async_hooks";
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
import type { Sharing } from "./sharing.ts";

/** So many synchronous children run back to back before promises go on. */
const MOST_IN_A_ROW = 16;
/** The longest that the event loop waits while children follow each other, in milliseconds. */
const TURN_MS = 10;
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
export class ForkJoin {
  readonly #storage: AsyncLocalStorage<Node> = new (asyncHooks().AsyncLocalStorage)();
  readonly #outside: <R>(call: () => R) => R;
  readonly #rootContext: () => TaskContext;
  readonly #roots = new WeakMap<TaskContext, Root>();
  /** The parents with children that wait, oldest first. */
  readonly #parents: Node[] = [];
  readonly #sites = new CallSites();
  #isScheduled = false;
  #turnedAt = performanceNow();
  /** How many synchronous children stand on top of each other. */
  #depth = 0;
  /** Other workers; undefined where there are none. */
  sharing: Sharing | undefined;
  /** Children that this thread has begun. */
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
    if (this.#parents.length > 0) this.#schedule();
  }

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
        if (this.sharing?.isWanted() === true) this.offerOldest();
        const child = group.takeOldest();
        if (child === undefined) break;
        this.callSync(child);
        if (parent.mustStop) group.fail(-1, reasonOf(parent));
      }
      if (!group.isSettled) this.sharing?.helpUntil(() => group.isSettled);
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
      root = new Root(context);
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
    if (this.sharing?.isWanted() === true) this.offerOldest();
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
    this.sharing?.reap();
    for (let i = 0; i < MOST_IN_A_ROW; i++) {
      if (this.sharing?.isWanted() === true) this.offerOldest();
      const child = this.takeNewest();
      if (child === undefined) break;
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

  /** The next child for this thread; undefined when none waits. */
  takeNewest(): Child | undefined {
    const parents = this.#parents;
    while (parents.length > 0) {
      const child = (parents[parents.length - 1] as Node).takeOldest();
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

  /** Runs a child on the stack of its parent. It is settled when this returns. */
  callSync(child: Child): void {
    const before = this.#storage.getStore() as Node;
    this.begun += 1;
    child.begin();
    this.#depth += 1;
    this.#storage.enterWith(child);
    try {
      const result: unknown = child.callable.call(...child.args);
      if (typeof result !== "number" && isThenable(result)) this.#awaitSync(child, result);
      else child.end(true, result);
    } catch (error) {
      this.#fail(child, error);
    } finally {
      this.#storage.enterWith(before);
      this.#depth -= 1;
    }
  }

  /** Waits for an asynchronous child on the stack of its parent, which is possible while it waits for children only. */
  #awaitSync(child: Child, result: PromiseLike<unknown>): void {
    this.#endLater(child, result);
    const { drainMicrotasks } = engine() as unknown as { drainMicrotasks: () => void };
    const before = this.#depth;
    const isDone = (): boolean => {
      drainMicrotasks();
      return child.isSettled;
    };
    while (!isDone()) {
      if (this.#parents.length > 0) this.#outside(() => this.#runSome());
      else if (this.sharing === undefined || this.sharing.outstanding === 0) break;
      else this.sharing.helpUntil(isDone);
    }
    this.#depth = before;
    if (child.isSettled) return;
    child.abort(
      new ThreadPoolError(
        "This child waits for the event loop (a timer, a file, the network), which cannot turn while runSync or mapSync blocks " +
          `it; await run() or map() instead: callable=${child.callable.name}`,
      ),
    );
  }

  #fail(child: Child, error: unknown): void {
    this.failed += 1;
    child.end(false, this.#depth >= DEEP && isOverflow(error) ? tooDeep(this.#depth, error) : error);
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

function isOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.startsWith("Maximum call stack size exceeded");
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
