import { ThreadPoolError } from "../errors.ts";
import { Set, engine, inNextTurn } from "../runtime/index.ts";
import { NO_TASK } from "../protocol/index.ts";
import { InlineThread } from "./inline-thread.ts";
import type { InlineHost, InlineParent } from "./inline-thread.ts";

/** Those of all pools in this thread that have begun. */
const inUse = new Set<InlineWorkers>();

/**
 * The workers of one pool that run in the thread of their parent: one at a time, and those before it whose runs did not stop.
 *
 * While the parent blocks, no turn of the event loop comes. So the parent lets the workers go on in its place: it delivers what was
 * posted, resumes the loop that waits, and runs the reactions of promises until there are none.
 */
export class InlineWorkers implements InlineHost {
  readonly parent: InlineParent;
  readonly #threads = new Set<InlineThread>();
  /** What was posted, and has not come to the event loop yet. */
  #posted: (() => void)[] = [];
  #hasStarted = false;

  constructor(parent: InlineParent) {
    this.parent = parent;
  }

  /** Makes a worker, which begins with its first message. */
  create(): InlineThread {
    const thread = new InlineThread(this);
    this.#threads.add(thread);
    return thread;
  }

  /** See `InlineHost.remove`. */
  remove(thread: InlineThread): void {
    this.#threads.delete(thread);
    if (this.#threads.size === 0) inUse.delete(this);
  }

  /** A worker begins. Returns whether it is the first one. */
  noteStart(): boolean {
    const isFirst = !this.#hasStarted;
    this.#hasStarted = true;
    inUse.add(this);
    return isFirst;
  }

  /** Whether the calling code belongs to a run of one of the workers, or to a child of one. */
  get isInRun(): boolean {
    for (const thread of this.#threads) if (thread.isInRun) return true;
    return false;
  }

  /**
   * Whether a run of these workers that goes on has put the request that the calling code belongs to, in another pool, or the request of
   * the run that has done so, and so on. Such a run may wait for what it has put.
   */
  get #hasPutCaller(): boolean {
    for (const workers of inUse) if (workers !== this && workers.#askPutter(this)) return true;
    return false;
  }

  #askPutter(of: InlineWorkers): boolean {
    for (const { task } of this.#threads)
      if (task !== NO_TASK && this.parent.askPutter(task, () => of.isInRun || of.#hasPutCaller))
        return true;
    return false;
  }

  /** Throws where a run of these workers uses its pool, or what such a run waits for does. */
  checkCaller(): void {
    if (this.isInRun) throw usedInside();
    if (this.#hasPutCaller) throw usedInCycle();
  }

  /** Calls a function in the next turn of the event loop, or before that when the parent blocks. */
  post(action: () => void): void {
    if (this.#posted.push(action) === 1) inNextTurn(this.#runPosted);
  }

  /**
   * The parent blocks: lets the workers go on until `isDone()`.
   *
   * @throws ThreadPoolError when they cannot go on without a turn of the event loop
   */
  runUntil(isDone: () => boolean): void {
    const { drainMicrotasks } = engine();
    // A run that waits for promises alone goes on too, although its loop does not wait for work.
    drainMicrotasks();
    while (!isDone()) {
      if (!this.#goOn()) throw cannotBlock();
      drainMicrotasks();
    }
  }

  /** Returns false when there is nothing to go on with. */
  #goOn(): boolean {
    let goesOn = this.#posted.length > 0;
    this.#runPosted();
    for (const thread of this.#threads) {
      if (!thread.canResume) continue;
      thread.resume();
      goesOn = true;
    }
    return goesOn;
  }

  readonly #runPosted = (): void => {
    const posted = this.#posted;
    this.#posted = [];
    for (const action of posted) action();
  };
}

function cannotBlock(): ThreadPoolError {
  return new ThreadPoolError(
    "The pool runs its requests in this very thread, and what is pending needs the event loop of this thread, such as a timer or " +
      "input and output: a call that blocks would wait for ever. Await run() or settled() instead: inline=true",
  );
}

function usedInside(): ThreadPoolError {
  return new ThreadPoolError(
    "A callable uses the ThreadPool that runs it, in a pool with inline: true. In a worker it could not, because the pool is inert " +
      "there. Let the callable return its data, and let the program put the next requests: inline=true",
  );
}

function usedInCycle(): ThreadPoolError {
  return new ThreadPoolError(
    "A callable uses a ThreadPool with inline: true, and a run of that pool has put the request that the callable runs for. The run may wait " +
      "for it, so the pool has no room: a call that blocks would wait for ever, and so would an await. Let the callable return its " +
      "data, and let the program put the next requests: inline=true",
  );
}
