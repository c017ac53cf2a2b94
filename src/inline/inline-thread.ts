import { hasWork, isGateOpen } from "../../native-queue/index.ts";
import { NO_TASK, RUN_IS_OVER, addTaskContext, runOfChild } from "../protocol/index.ts";
import type {
  CallableMessage,
  CreditMessage,
  ForgetMessage,
  SharedThread,
  StopMessage,
  TaskContext,
  WorkerInit,
} from "../protocol/index.ts";
import { Promise, inNextTurn } from "../runtime/index.ts";
import { RunLoop } from "../worker/run-loop.ts";

/** The parent, as workers in its thread need it. */
export interface InlineParent {
  /** Reads what the workers have published, and answers them. */
  readonly read: () => void;
  /** Runs the deadlines that are due. */
  readonly lookAtClock: () => void;
  /** Asks something as the code that has put the request of a task. */
  readonly askPutter: (task: number, ask: () => boolean) => boolean;
}

/** What the workers of a pool have in common. */
export interface InlineHost {
  readonly parent: InlineParent;
  /** Calls a function in the next turn of the event loop, or before that when the parent blocks. */
  post(action: () => void): void;
  /** A worker begins. Returns whether it is the first one. */
  noteStart(): boolean;
  /** A worker has ended. */
  remove(thread: InlineThread): void;
}

/** What listeners of a `Worker` are given, as far as a pool uses it. */
interface ThreadEvent {
  readonly code: number | undefined;
  readonly message: string;
  readonly preventDefault: () => void;
}

type Listener = (event: never) => void;

/** What ends a wait of the loop, and whether the wait is one for work. */
interface Wait {
  readonly resume: () => void;
  readonly needsWork: boolean;
}

/**
 * A worker without a thread of its own, in the place of a `Worker`: it takes the messages that a thread would take, and runs the
 * run loop of every worker in the event loop of its parent.
 *
 * ```
 * new ──the first message──▶ running ──its loop ends──▶ ended
 *                              └──terminate──▶ terminated ──its last run is over──▶ ended
 * ```
 *
 * A run cannot be stopped from outside. After `terminate` the gate of the worker is shut, so that nothing of the run has an effect any
 * more, and the worker counts as gone when the run is over.
 */
export class InlineThread {
  readonly #workers: InlineHost;
  readonly #listeners: [name: string, listener: Listener][] = [];
  #loop: RunLoop | undefined;
  #init: WorkerInit | undefined;
  #state: "running" | "terminated" | "ended" = "running";
  #wait: Wait | undefined;
  #removeContext: () => void = () => {};

  constructor(workers: InlineHost) {
    this.#workers = workers;
  }

  /** Takes a message, as a thread takes one; the first one says what to work on. */
  postMessage(message: unknown): void {
    const loop = this.#loop;
    if (loop === undefined) this.#start(message as WorkerInit);
    else if (Object.hasOwn(message as object, "stopTask"))
      this.#workers.post(() => loop.stop(message as StopMessage));
    else if (Object.hasOwn(message as object, "creditTask"))
      this.#workers.post(() => loop.callables.credit(message as CreditMessage));
    else if (Object.hasOwn(message as object, "forgotten"))
      loop.callables.forget(message as ForgetMessage);
    else loop.define(message as CallableMessage);
  }

  addEventListener(name: string, listener: Listener): void {
    this.#listeners.push([name, listener]);
  }

  removeEventListener(name: string, listener: Listener): void {
    const index = this.#listeners.findIndex(([known, one]) => known === name && one === listener);
    if (index !== -1) this.#listeners.splice(index, 1);
  }

  ref(): void {}

  unref(): void {}

  terminate(): void {
    if (this.#state !== "running") return;
    this.#state = "terminated";
    this.#closeIfIdle();
  }

  /** Whether the calling code belongs to a run of this worker, or to a child of one. */
  get isInRun(): boolean {
    return this.#loop?.activeRuns.isInRun() === "yes" || this.#taskOfChild !== NO_TASK;
  }

  /** The task of the run that the calling code belongs to; `NO_TASK` when there is none. */
  get task(): number {
    const activeRuns = this.#loop?.activeRuns;
    return activeRuns?.isInRun() === "yes" ? activeRuns.current : this.#taskOfChild;
  }

  /** The context of a run names its worker by `nextTurn`. */
  get #taskOfChild(): number {
    const run = runOfChild();
    return run?.nextTurn === this.#sharedThread.post ? (run.task ?? NO_TASK) : NO_TASK;
  }

  /** Whether the loop waits for something that is there, while its parent blocks. */
  get canResume(): boolean {
    return this.#wait !== undefined && (!this.#wait.needsWork || this.#hasWork);
  }

  /** Lets the loop go on that waits. */
  resume(): void {
    const wait = this.#wait;
    this.#wait = undefined;
    wait?.resume();
  }

  get #hasWork(): boolean {
    const views = this.#loop?.views;
    const slot = this.#init?.slot;
    if (views === undefined || slot === undefined) return false;
    return hasWork(views) || this.#loop?.hasOffers === true || !isGateOpen(views, slot);
  }

  #start(init: WorkerInit): void {
    this.#init = init;
    const isFirst = this.#workers.noteStart();
    // What initializes a thread has initialized this one before.
    const initializers = isFirst ? init.initializers : [];
    const loop = new RunLoop({ ...init, initializers, sharedThread: this.#sharedThread });
    this.#loop = loop;
    loop.activeRuns.markRuns();
    this.#removeContext = addTaskContext(() => contextOf(loop));
    void this.#run(loop);
  }

  async #run(loop: RunLoop): Promise<void> {
    let code: number;
    try {
      code = await loop.run(() => this.#workers.post(() => this.#emit("message")));
    } catch (error) {
      code = 1;
      loop.tellUncaught(error);
    }
    if (this.#state === "running") loop.announceEnd(code);
    this.#close(code);
  }

  #closeIfIdle(): void {
    if (this.#state === "terminated" && this.#loop?.activeRuns.tasks.length === 0) this.#close(1);
  }

  #close(code: number): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#removeContext();
    this.#workers.remove(this);
    this.#workers.post(() => this.#emit("close", code));
  }

  #emit(name: string, code?: number): void {
    const event: ThreadEvent = { code, message: "", preventDefault: () => {} };
    for (const [known, listener] of this.#listeners.slice())
      if (known === name) listener(event as never);
  }

  readonly #sharedThread: SharedThread = {
    letParentRead: () => this.#workers.parent.read(),
    lookAtClock: () => this.#workers.parent.lookAtClock(),
    turn: () => {
      const turned = new Promise<void>((resolve) => {
        inNextTurn(resolve);
      });
      return this.#until(turned, false);
    },
    untilUnparked: (unparked) => this.#until(unparked, true),
    post: (action) => this.#workers.post(action),
    onRunEnded: () => this.#closeIfIdle(),
  };

  /** Resolves with the promise, or when the parent says so. */
  #until(promise: Promise<unknown>, needsWork: boolean): Promise<void> {
    return new Promise((resolve) => {
      const wait: Wait = { resume: resolve, needsWork };
      this.#wait = wait;
      const end = (): void => {
        if (this.#wait === wait) this.#wait = undefined;
        resolve();
      };
      void promise.then(end, end);
    });
  }
}

function contextOf(loop: RunLoop): TaskContext | undefined {
  return loop.context ?? (loop.activeRuns.isOutside ? undefined : RUN_IS_OVER);
}
