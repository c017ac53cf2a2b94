/**
 * Workers without threads, for tests of the parent alone. A pool that is made while they are installed starts them
 * in place of real ones. They do nothing by themselves: a test moves the shared words as a worker would, in the order
 * that it wants to see, and says when the system reports the end of a thread.
 */
import { QueueViews, announceStart, claim, wakeParent } from "../../native-queue/index.ts";
import { announceReady } from "../../src/protocol/index.ts";
import type { WorkerInit } from "../../src/protocol/index.ts";

/** What the pool sees of one worker's thread. */
export class ThreadlessWorker extends EventTarget {
  isTerminated = false;
  #init: WorkerInit | undefined;

  /** What the pool has told the worker to begin with. */
  get init(): WorkerInit {
    if (this.#init === undefined) throw new Error("The pool has not started this worker yet.");
    return this.#init;
  }

  get slot(): number {
    return this.init.slot;
  }

  /** The shared words, as a worker sees them. */
  get views(): QueueViews {
    return new QueueViews(this.init.memory);
  }

  postMessage(message: object): void {
    if ("ring" in message) this.#init = message as WorkerInit;
  }

  terminate(): void {
    this.isTerminated = true;
  }

  /** Takes requests from now on, as far as others can see. */
  begin(): void {
    announceStart(this.views, this.slot);
    announceReady(this.views, this.slot);
  }

  /** Wakes the parent, as it does when it has published a result. */
  wakeParent(): void {
    wakeParent(this.views);
  }

  /** Claims the oldest request. Returns its task, or `EMPTY`. */
  claim(): number {
    return claim(this.views, this.slot);
  }

  /** The system reports that the thread is gone, as it does some time after `terminate`, or after a crash. */
  close(code: number = 0): void {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

/** While this exists, `new Worker` makes a `ThreadlessWorker`. */
export class ThreadlessWorkers implements Disposable {
  /** In the order of their start. */
  readonly started: ThreadlessWorker[] = [];
  readonly #real = globalThis.Worker;

  constructor() {
    const { started } = this;
    globalThis.Worker = class extends ThreadlessWorker {
      constructor() {
        super();
        started.push(this);
      }
    } as unknown as typeof Worker;
  }

  [Symbol.dispose](): void {
    globalThis.Worker = this.#real;
  }
}
