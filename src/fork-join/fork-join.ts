import type { Callable, ModuleCallable } from "../callable/index.ts";
import { RUN_IS_OVER, isRunOver } from "../protocol/index.ts";
import type { ChildRuns, RequestRun, TaskContext } from "../protocol/index.ts";
import { Promise, WeakMap, peekPromise, promiseWithResolvers } from "../runtime/index.ts";
import type { RootUse } from "../../native-queue/index.ts";
import { appendPlaceHere, placeHere } from "./call-sites.ts";
import { ChildLog } from "./child-log.ts";
import { childCallable } from "./callables.ts";
import { reasonOf, runIsOver } from "./child-errors.ts";
import { checkArgs, checkMapOptions, checkRange, controlOf, checkItems } from "./control.ts";
import type {
  ChildControl,
  ChildMapOptions,
  ChildOptions,
  ChildRangeOptions,
  MapSettings,
} from "./control.ts";
import { runBlocking, runInTurns } from "./collecting.ts";
import { Group } from "./group.ts";
import { itemsOfList, itemsOfRange } from "./items.ts";
import type { Items } from "./items.ts";
import { LocalRuns } from "./local-runs.ts";
import { PromiseChild } from "./outcome-children.ts";
import type { Sharing } from "./sharing.ts";
import type { SharingParts } from "./sharing-parts.ts";
import { Root } from "./tree.ts";
import type { Child, Node } from "./tree.ts";

/** What `pool` of ringpool/worker does in a thread: it puts children of the run that calls it. */
export class ForkJoin {
  readonly #runs: LocalRuns;
  readonly #rootContext: () => TaskContext;
  readonly #roots = new WeakMap<TaskContext, Root>();
  /** Whether the other workers have been told that there may be children. */
  #isAnnounced = false;

  /**
   * @param outside calls a function outside of every AsyncLocalStorage context
   * @param rootContext finds the `taskContext` of the request that the calling code belongs to
   */
  constructor(outside: <R>(call: () => R) => R, rootContext: () => TaskContext) {
    this.#runs = new LocalRuns(outside);
    this.#rootContext = rootContext;
  }

  /** Other workers; undefined where there are none. */
  get sharing(): Sharing | undefined {
    return this.#runs.sharing;
  }

  /** Shares children with other workers from now on. */
  share(parts: SharingParts): void {
    this.#runs.share(parts);
  }

  /** What `taskContext` is for code of a child; undefined for other code. */
  get context(): TaskContext | undefined {
    const node = this.#runs.current;
    if (node === undefined) return undefined;
    return node.isOver ? RUN_IS_OVER : node.context;
  }

  /** Whether the calling code belongs to a child that goes on. */
  get isInChild(): boolean {
    return this.#runs.current?.isOver === false;
  }

  /** The context of the request whose child the calling code belongs to; undefined when there is none that goes on. */
  get rootOfChild(): TaskContext | undefined {
    const node = this.#runs.current;
    return node === undefined || node.isOver || node.root.isOver ? undefined : node.root.context;
  }

  /** The run of a request is over: what it has left behind ends. */
  endRoot(context: TaskContext): void {
    const root = this.#roots.get(context);
    if (root === undefined) return;
    root.isOver = true;
    root.tellStops();
    this.#runs.settleLeft();
  }

  /** Takes what a trace is to hear of the children of a request. */
  takeRuns(context: TaskContext): readonly ChildRuns[] | undefined {
    const root = this.#roots.get(context);
    return root?.log?.take(root);
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
      const child = new PromiseChild(parent, found, checkArgs(args, callable), control);
      child.place = parent.sites.capture(parent);
      if (control !== undefined) watch(child, control);
      if (parent.mustStop) child.abort(reasonOf(parent));
      else this.#runs.put(parent, child);
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
    const child = new PromiseChild(
      parent,
      childCallable(callable),
      checkArgs(args, callable),
      control,
    );
    // What it throws is thrown here.
    child.promise.catch(() => {});
    if (control !== undefined) watch(child, control);
    if (parent.mustStop) throw reasonOf(parent);
    this.#runs.callSync(child);
    const outcome: unknown = peekPromise(child.promise);
    if (peekPromise.status(child.promise) !== "rejected") return outcome;
    appendPlaceHere(outcome, parent);
    throw outcome;
  }

  /** See `ChildPool.mapSync`. */
  mapSync(
    callable: Callable | ModuleCallable,
    items: Iterable<unknown>,
    options?: ChildMapOptions,
  ): unknown[] {
    const settings = checkMapOptions(options, "mapSync");
    const list = itemsOfList(checkItems(items, "mapSync"));
    settings.signal?.throwIfAborted();
    const parent = this.#here();
    if (parent.mustStop) throw reasonOf(parent);
    const group = new Group(parent, childCallable(callable), list, settings);
    runBlocking(this.#runs, group);
    if (parent === parent.root) this.#runs.counts.tell();
    const { failure } = group;
    if (failure === undefined) return group.results;
    if (failure.index >= 0) appendPlaceHere(failure.error, parent);
    throw failure.error;
  }

  /** See `ChildPool.map`. */
  map(
    callable: Callable | ModuleCallable,
    items: Iterable<unknown>,
    options?: ChildMapOptions,
  ): Promise<unknown[]> {
    try {
      const settings = checkMapOptions(options, "map");
      const list = itemsOfList(checkItems(items, "map"));
      return this.#collect(callable, list, settings, ({ results }) => results);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** See `ChildPool.parallelFor`. */
  parallelFor(
    callable: Callable | ModuleCallable,
    length: number,
    options?: ChildRangeOptions<readonly unknown[]>,
  ): Promise<void> {
    try {
      const settings = checkRange(length, options);
      const { grain, args } = settings;
      const workers = 1 + (this.sharing?.others ?? 0);
      const step = grain ?? Math.max(1, Math.ceil(length / (16 * workers)));
      const ranges = itemsOfRange(0, Math.ceil(length / step), step, length, args);
      return this.#collect(callable, ranges, settings, () => undefined);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #collect<R>(
    callable: Callable | ModuleCallable,
    items: Items,
    settings: MapSettings,
    resultOf: (group: Group) => R,
  ): Promise<R> {
    const { signal } = settings;
    signal?.throwIfAborted();
    const parent = this.#here();
    if (parent.mustStop) return refused(parent);
    const found = childCallable(callable);
    const place = placeHere(parent);
    const { promise, resolve, reject } = promiseWithResolvers<R>();
    let stop: (() => void) | undefined;
    const makeGroup = (onChange: () => void): Group => {
      const group = new Group(parent, found, items, settings, place, onChange);
      stop = () => {
        group.fail(-1, signal?.reason);
        onChange();
      };
      signal?.addEventListener("abort", stop, { once: true });
      return group;
    };
    runInTurns(this.#runs, makeGroup, (group) => {
      if (stop !== undefined) signal?.removeEventListener("abort", stop);
      if (group.failure === undefined) return resolve(resultOf(group));
      // As in `PromiseChild`.
      if (parent.mustStop) promise.catch(() => {});
      reject(group.failure.error);
    });
    return promise;
  }

  /** The run that the calling code belongs to. */
  #here(): Node {
    const node = this.#runs.current;
    if (node !== undefined) {
      if (node.isOver) throw runIsOver();
      return node;
    }
    const context = this.#rootContext();
    if (isRunOver(context)) throw runIsOver();
    let root = this.#roots.get(context);
    if (root === undefined) {
      root = new Root(context, useOf(context), (context as Partial<RequestRun>).carried);
      const made = root;
      root.onStop = () => {
        this.sharing?.reap();
        made.tellStops();
      };
      if ((context as Partial<RequestRun>).isTraced === true) root.log = new ChildLog();
      if (!this.#isAnnounced && root.use !== undefined) {
        this.#isAnnounced = true;
        this.sharing?.announce();
      }
      this.#roots.set(context, root);
    }
    return root;
  }
}

/** What a run that is to stop gets, and may not look at: an error that nobody handles would end the worker. */
function refused(parent: Node): Promise<never> {
  const promise: Promise<never> = Promise.reject(reasonOf(parent));
  promise.catch(() => {});
  return promise;
}

function watch(child: Child, control: ChildControl): void {
  if (control.signal?.aborted === true) child.abort(control.signal.reason);
  else control.watch((reason) => child.abort(reason));
}

/** The task of a run whose context a worker has made; undefined for others. */
function useOf(context: TaskContext): RootUse | undefined {
  const { task, generation } = context as Partial<RequestRun>;
  return task === undefined || generation === undefined ? undefined : { task, generation };
}
