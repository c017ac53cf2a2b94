import {
  TASK_FLAGS,
  generationOfTask,
  isStopRequested,
  isTracing,
  noteStopHeard,
} from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import type { CarriedStorage, LoadableDefinition } from "../callable/load.ts";
import { loadedCodec } from "../codec/index.ts";
import {
  HAS_REQUEST_ID,
  IS_TIMED,
  NO_TASK,
  WANTS_PROGRESS,
  attemptOf,
  noteRunEnd,
} from "../protocol/index.ts";
import type {
  RequestID,
  RequestRun,
  StopMessage,
  StopReasonMessage,
  TaskContext,
} from "../protocol/index.ts";
import { watchfulController, Map } from "../runtime/index.ts";

/** Sends to the parent what a callable reports. */
type ReportProgress = (task: number, value: unknown) => void;

/** What a context knows of its run; see `RunContext`. */
const RUNNING = 0;
const STOPPING = 1;
const DONE = 2;
const STOPPED = 3;
type RunState = typeof RUNNING | typeof STOPPING | typeof DONE | typeof STOPPED;

/**
 * What `taskContext` says of one run.
 *
 * ```
 * RUNNING ──sees that the run is to stop──▶ STOPPING
 *    │ end                                     │ end
 *    ▼                                         ▼
 *   DONE                                    STOPPED
 * ```
 *
 * From `end` on the task belongs to another request. So the context looks at it no more, and reports nothing; whether
 * the run was cancelled stays as it was seen before.
 */
class RunContext implements TaskContext, RequestRun {
  readonly requestID: RequestID;
  readonly workerId: number;
  readonly attempt: number;
  readonly task: number;
  readonly generation: number;
  /** The storages whose stores were carried to the run. */
  readonly carried: readonly CarriedStorage[] | undefined;
  readonly #isTimed: boolean;
  readonly #views: QueueViews;
  readonly #report: ReportProgress | undefined;
  readonly #contexts: RunContexts;
  #controller: AbortController | undefined;
  #state: RunState = RUNNING;
  /** Why the run is to stop, from `STOPPING` on. Undefined, which makes it an AbortError, when the reason cannot cross. */
  #reason: unknown = undefined;

  constructor(contexts: RunContexts, views: QueueViews, task: number, requestID: RequestID) {
    const flags = views.words[views.task(task) + TASK_FLAGS] as number;
    this.requestID = requestID;
    this.workerId = contexts.workerId;
    this.attempt = attemptOf(flags);
    this.task = task;
    this.generation = generationOfTask(views, task);
    this.carried = contexts.carriedTo(task);
    this.#isTimed = (flags & IS_TIMED) !== 0;
    this.#views = views;
    this.#report = (flags & WANTS_PROGRESS) === 0 ? undefined : contexts.report;
    this.#contexts = contexts;
  }

  get isTraced(): boolean {
    if (!this.#isTimed || !isTracing(this.#views)) return false;
    this.#contexts.onTraced?.(this.#contexts);
    return true;
  }

  get nextTurn(): ((action: () => void) => void) | undefined {
    return this.#contexts.nextTurn;
  }

  /** A run that is over has no task any more. */
  get callable(): LoadableDefinition | undefined {
    const isGoingOn = this.#state === RUNNING || this.#state === STOPPING;
    return isGoingOn ? this.#contexts.functionOf?.(this.task) : undefined;
  }

  get signal(): AbortSignal {
    this.#controller ??= watchfulController(() => this.cancelled());
    this.cancelled();
    return this.#controller.signal;
  }

  cancelled(): boolean {
    if (this.#state === RUNNING) this.#contexts.lookAtClock?.();
    if (this.#state === RUNNING && isStopRequested(this.#views, this.task)) {
      this.#state = STOPPING;
      this.#reason = this.#contexts.stopReasonOf(this.task, this.generation);
    }
    const isCancelled = this.#state === STOPPING || this.#state === STOPPED;
    if (isCancelled) this.#controller?.abort(this.#reason);
    return isCancelled;
  }

  throwIfCancelled(): void {
    if (this.cancelled()) this.signal.throwIfAborted();
  }

  progress(value: unknown): void {
    if (this.#state === RUNNING || this.#state === STOPPING) this.#report?.(this.task, value);
  }

  /** The run is over. */
  end(): void {
    this.#state = this.#state === STOPPING ? STOPPED : DONE;
    noteRunEnd(this);
  }
}

/** What the contexts need of the parent. */
export interface RunContextsParent {
  /** Reads what the parent has posted. */
  readonly readInbox?: () => void;
  /** See `SharedThread.lookAtClock`. */
  readonly lookAtClock?: (() => void) | undefined;
  /** Finds the function that a task calls. */
  readonly functionOf?: (task: number) => LoadableDefinition | undefined;
  /** See `SharedThread.post`. */
  readonly nextTurn?: ((action: () => void) => void) | undefined;
  /** Called when a trace is to hear of the children of a run. */
  readonly onTraced?: (contexts: RunContexts) => void;
}

/** The contexts of the requests that a worker runs. Each is made when code of its run asks for it. */
export class RunContexts {
  readonly workerId: number;
  readonly report: ReportProgress;
  readonly #views: QueueViews;
  readonly #slot: number;
  readonly #contexts = new Map<number, RunContext>();
  /** The requestIDs that do not fit the field of a task, by task. */
  readonly #requestIDs = new Map<number, RequestID>();
  /** The storages whose stores were carried to runs, by task. */
  readonly #carried = new Map<number, readonly CarriedStorage[]>();
  /** The reasons to stop that no context has asked for yet, by task. */
  readonly #stopReasons = new Map<number, StopReasonMessage>();
  readonly #readInbox: () => void;
  /** Called before a run looks whether it is to stop; undefined where the parent's thread looks at the clock itself. */
  readonly lookAtClock: (() => void) | undefined;
  readonly functionOf: ((task: number) => LoadableDefinition | undefined) | undefined;
  readonly onTraced: ((contexts: RunContexts) => void) | undefined;
  readonly nextTurn: ((action: () => void) => void) | undefined;
  /** False when the maps are empty. It is read once a request, so it has to be cheap. */
  #isInUse = false;

  constructor(
    views: QueueViews,
    slot: number,
    workerId: number,
    report: ReportProgress,
    { readInbox = () => {}, lookAtClock, functionOf, onTraced, nextTurn }: RunContextsParent = {},
  ) {
    this.#readInbox = readInbox;
    this.lookAtClock = lookAtClock;
    this.functionOf = functionOf;
    this.onTraced = onTraced;
    this.nextTurn = nextTurn;
    this.#views = views;
    this.#slot = slot;
    this.workerId = workerId;
    this.report = report;
  }

  /** The context of a task that runs; undefined for `NO_TASK`. */
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

  /** The context of a task, if code of its run has asked for it. */
  made(task: number): TaskContext | undefined {
    return this.#contexts.get(task);
  }

  /** Takes the requestID from the end of a task's arguments, if it is there. Returns the arguments. */
  takeRequestID(task: number, args: unknown[]): unknown[] {
    const flags = this.#views.words[this.#views.task(task) + TASK_FLAGS] as number;
    if ((flags & HAS_REQUEST_ID) === 0) return args;
    this.#requestIDs.set(task, args.pop() as RequestID);
    this.#isInUse = true;
    return args;
  }

  /** Stores were carried to the run of a task. */
  noteCarried(task: number, storages: readonly CarriedStorage[]): void {
    this.#carried.set(task, storages);
    this.#isInUse = true;
  }

  carriedTo(task: number): readonly CarriedStorage[] | undefined {
    return this.#carried.get(task);
  }

  /** The parent says why a run is about to be asked to stop. */
  noteStopReason(message: StopReasonMessage): void {
    this.#stopReasons.set(message.stopReason.task, message);
    this.#isInUse = true;
  }

  /**
   * Why a run is to stop that has seen that it is. The reason has come, because it was posted before.
   *
   * @returns undefined when the reason could not cross
   */
  stopReasonOf(task: number, generation: number): unknown {
    this.#readInbox();
    const message = this.#stopReasons.get(task)?.stopReason;
    this.#stopReasons.delete(task);
    if (message?.generation !== generation) return undefined;
    const { encoded, handles } = message;
    try {
      return new (loadedCodec().Decoder)(undefined, "reason").decode(
        encoded,
        0,
        encoded.length,
        handles,
      );
    } catch {
      return undefined;
    }
  }

  /** The parent says that a run is to stop: calls the listeners of its signal. */
  stop({ stopTask, generation }: StopMessage): void {
    const context = this.#contexts.get(stopTask);
    if (context?.generation === generation) context.cancelled();
    noteStopHeard(this.#views, this.#slot);
  }

  /**
   * The run of a task is over. No code of its callable may run between the publishing of its result and this call: the
   * task may belong to another request by then.
   */
  end(task: number): void {
    if (!this.#isInUse) return;
    this.#requestIDs.delete(task);
    this.#contexts.get(task)?.end();
    this.#contexts.delete(task);
    this.#carried.delete(task);
    this.#stopReasons.delete(task);
    this.#isInUse =
      this.#contexts.size + this.#requestIDs.size + this.#carried.size + this.#stopReasons.size > 0;
  }

  #numberOf(task: number): number {
    return this.#views.taskFloats[this.#views.id(task)] as number;
  }
}
