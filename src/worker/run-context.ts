/** What `taskContext` says inside a worker. */
import {
  TASK_FLAGS,
  generationOfTask,
  isStopRequested,
  noteStopHeard,
} from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import { HAS_REQUEST_ID, NO_TASK, WANTS_PROGRESS, attemptOf } from "../protocol/index.ts";
import type { RequestID, StopMessage, TaskContext } from "../protocol/index.ts";
import { watchfulController } from "./watchful-controller.ts";

/** Sends to the parent what a callable reports. */
type ReportProgress = (task: number, value: unknown) => void;

class RunContext implements TaskContext {
  readonly requestID: RequestID;
  readonly workerId: number;
  readonly attempt: number;
  readonly task: number;
  readonly generation: number;
  readonly #views: QueueViews;
  readonly #report: ReportProgress | undefined;
  #controller: AbortController | undefined;
  #isCancelled = false;
  #isOver = false;

  constructor(contexts: RunContexts, views: QueueViews, task: number, requestID: RequestID) {
    const flags = views.words[views.task(task) + TASK_FLAGS] as number;
    this.requestID = requestID;
    this.workerId = contexts.workerId;
    this.attempt = attemptOf(flags);
    this.task = task;
    this.generation = generationOfTask(views, task);
    this.#views = views;
    this.#report = (flags & WANTS_PROGRESS) === 0 ? undefined : contexts.report;
  }

  get signal(): AbortSignal {
    this.#controller ??= watchfulController(() => this.cancelled());
    this.cancelled();
    return this.#controller.signal;
  }

  cancelled(): boolean {
    // When the run is over, the task is another request's: what was seen before remains.
    if (!this.#isOver) this.#isCancelled ||= isStopRequested(this.#views, this.task);
    if (this.#isCancelled) this.#controller?.abort();
    return this.#isCancelled;
  }

  throwIfCancelled(): void {
    if (this.cancelled()) this.signal.throwIfAborted();
  }

  progress(value: unknown): void {
    if (!this.#isOver) this.#report?.(this.task, value);
  }

  end(): void {
    this.#isOver = true;
  }
}

/** The contexts of the requests that a worker runs; made when a callable asks. */
export class RunContexts {
  readonly workerId: number;
  readonly report: ReportProgress;
  readonly #views: QueueViews;
  readonly #slot: number;
  readonly #contexts = new Map<number, RunContext>();
  /** By task: the requestIDs that have no place in the queue. */
  readonly #requestIDs = new Map<number, RequestID>();
  /** Is anything in either of them? Asked once a request. */
  #isInUse = false;

  constructor(views: QueueViews, slot: number, workerId: number, report: ReportProgress) {
    this.#views = views;
    this.#slot = slot;
    this.workerId = workerId;
    this.report = report;
  }

  /** The context of a task that is being run; undefined of `NO_TASK`. */
  of(task: number): TaskContext | undefined {
    if (task === NO_TASK) return undefined;
    let context = this.#contexts.get(task);
    if (context === undefined) {
      const requestID = this.#requestIDs.get(task) ?? this.#numberOf(task);
      context = new RunContext(this, this.#views, task, requestID);
      this.#contexts.set(task, context);
      this.#isInUse = true;
    }
    return context;
  }

  /** Takes the requestID away from a task's arguments, if it is there. */
  takeRequestID(task: number, args: unknown[]): unknown[] {
    const flags = this.#views.words[this.#views.task(task) + TASK_FLAGS] as number;
    if ((flags & HAS_REQUEST_ID) === 0) return args;
    this.#requestIDs.set(task, args.pop() as RequestID);
    this.#isInUse = true;
    return args;
  }

  /** The parent says that a run is to stop: whoever listens to its signal hears of it. */
  stop({ stopTask, generation }: StopMessage): void {
    const context = this.#contexts.get(stopTask);
    if (context?.generation === generation) context.cancelled();
    noteStopHeard(this.#views, this.#slot);
  }

  /** The task's run is over. No code of its callable may run between its result and this: the task is another's. */
  end(task: number): void {
    if (!this.#isInUse) return;
    this.#requestIDs.delete(task);
    this.#contexts.get(task)?.end();
    this.#contexts.delete(task);
    this.#isInUse = this.#contexts.size + this.#requestIDs.size > 0;
  }

  #numberOf(task: number): number {
    return this.#views.taskFloats[this.#views.id(task)] as number;
  }
}
