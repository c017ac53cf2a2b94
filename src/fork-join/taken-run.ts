import { isChildStopped, parkRounds, parkUntil } from "../../native-queue/index.ts";
import type { QueueViews, RootUse, TakenChild, WorkerGate } from "../../native-queue/index.ts";
import type { CarriedStorage, LoadableDefinition } from "../callable/load.ts";
import { RequestTimeout } from "../errors.ts";
import type { ChildRuns, TaskContext } from "../protocol/index.ts";
import { performanceNow } from "../runtime/index.ts";
import { nameOf } from "./callables.ts";
import type { ChildLog } from "./child-log.ts";
import { callAt } from "./call-at.ts";
import type { ChildHead } from "./child-format.ts";
import { ChildSignal } from "./child-signal.ts";
import { Root } from "./tree.ts";

/** The context of a child that this worker has taken from another one. */
class TakenContext implements TaskContext {
  readonly requestID: string;
  readonly workerId: number;
  readonly attempt: number;
  readonly #views: QueueViews;
  /** The slot of this worker. */
  readonly #worker: number;
  readonly #taken: TakenChild;
  readonly #timeoutMs: number;
  /** When its time is over, by `performance.now()`; Infinity for a run without limit. */
  readonly timeOutAt: number;
  #signal: ChildSignal | undefined;
  #isCancelled = false;
  isOver = false;

  constructor(
    { views, worker }: WorkerGate,
    taken: TakenChild,
    requestID: string,
    workerId: number,
    attempt: number,
    timeoutMs: number,
  ) {
    this.#views = views;
    this.#worker = worker;
    this.#taken = taken;
    this.requestID = requestID;
    this.workerId = workerId;
    this.attempt = attempt;
    this.#timeoutMs = timeoutMs;
    this.timeOutAt = performanceNow() + timeoutMs;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#signal = new ChildSignal(() => this.cancelled());
      void this.#watchForStop();
    }
    this.cancelled();
    return this.#signal.signal;
  }

  /** Those who stop it unpark this worker: its owner, the parent of the pool, and the burial of its owner. */
  #watchForStop(): Promise<void> {
    const look = (): boolean => this.isOver || this.cancelled();
    return parkUntil(parkRounds(this.#views, this.#worker, { look, blockMs: 0 }));
  }

  /** The error for a run over its time; undefined for one within it. */
  get timeout(): RequestTimeout | undefined {
    if (this.timeOutAt > performanceNow()) return undefined;
    return new RequestTimeout(
      `A child ran longer than its timeoutMs, so it was asked to stop: requestID=${this.requestID} timeoutMs=${this.#timeoutMs}`,
    );
  }

  cancelled(): boolean {
    if (!this.#isCancelled && !this.isOver)
      this.#isCancelled =
        isChildStopped(this.#views, this.#taken) || this.timeOutAt <= performanceNow();
    if (this.#isCancelled) this.#signal?.abort(this.timeout);
    return this.#isCancelled;
  }

  throwIfCancelled(): void {
    if (this.cancelled()) this.signal.throwIfAborted();
  }

  /** A child with a listener for progress stays with its parent, so nobody listens to this one. */
  progress(): void {}
}

/** The run of a child that this worker has taken: the root of what it puts itself. */
export class TakenRun extends Root {
  readonly #context: TakenContext;
  readonly #callable: string;
  /** Of a range: the item that has failed, counted from the first one. */
  failedAt = 0;

  constructor(
    gate: WorkerGate,
    taken: TakenChild,
    [callable, requestID, attempt, timeoutMs]: ChildHead,
    workerId: number,
    carried: readonly CarriedStorage[] | undefined,
  ) {
    const context = new TakenContext(gate, taken, requestID, workerId, attempt, timeoutMs);
    super(context, taken.root satisfies RootUse, carried);
    this.#context = context;
    this.#callable = callable;
  }

  override get definition(): LoadableDefinition {
    return JSON.parse(this.#callable) as LoadableDefinition;
  }

  /** The error for a run over its time; undefined for one within it. */
  get timeout(): RequestTimeout | undefined {
    return this.#context.timeout;
  }

  /**
   * Its run goes on in the event loop: calls a function when its time is over before the callable has ended.
   *
   * @returns stops that; undefined for a run without limit
   */
  watchClock(onTimeout: (timeout: RequestTimeout) => void): (() => void) | undefined {
    const { timeOutAt } = this.#context;
    if (timeOutAt === Infinity) return undefined;
    return callAt(timeOutAt, () => {
      const { timeout } = this;
      // It also tells the callable.
      if (this.#context.cancelled() && timeout !== undefined) onTimeout(timeout);
    });
  }

  /** Notes its end. Returns what a trace is to hear of it, and of its children. */
  endLog(log: ChildLog, isSuccess: boolean, reason: unknown): ChildRuns[] | undefined {
    const isCancelled = !isSuccess && this.#context.cancelled();
    const outcome = isSuccess ? "succeeded" : isCancelled ? "cancelled" : "failed";
    log.endSelf(outcome, nameOf(this.definition), this.#context.attempt, reason);
    return log.take(this);
  }

  /** Its callable has ended. */
  end(): void {
    this.#context.isOver = true;
    this.isOver = true;
  }
}
