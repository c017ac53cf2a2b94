import { Map, Set, printError } from "../runtime/index.ts";
import type { Deadline, Deadlines } from "./event-loop/deadlines.ts";
import type { PoolEvents, SlowRequest, SlowRun } from "./events.ts";
import { itemsBegunOf } from "./queue/item-cursors.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { Runs } from "./queue/task-table.ts";
import type { PoolObserver } from "./request/observer.ts";
import type { PendingRequest } from "./request/pending-request.ts";
import type { RequestTable } from "./request/request-table.ts";
import { requestState } from "./request/work-request.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";
import type { WorkerThread } from "./worker-thread.ts";

/** The parts that this is built from. */
export interface SlowRunParts {
  readonly tasks: Runs;
  readonly table: RequestTable;
  readonly queue: RequestQueue;
  readonly supervisor: WorkerSupervisor;
  readonly deadlines: Deadlines;
  readonly events: PoolEvents;
}

/** What this needs of the pool's options. */
export interface SlowRunRules {
  readonly slowMs: number;
  readonly name: string;
}

/**
 * Fires the event "slow" once for each run that takes longer than `slowMs`.
 *
 * Workers write down when each run begins, because the pool is observed. One deadline looks at the runs: at the earliest time
 * at which one of them can be over the limit, and after `slowMs` when none has begun. So a run is told of as soon as it is over
 * the limit, and a pool in which nothing is pending sets no deadline. Of a run that has ended before this thread could look,
 * the result tells how long it took.
 */
export class SlowRuns implements PoolObserver {
  readonly #parts: SlowRunParts;
  readonly #rules: SlowRunRules;
  #look: Deadline | undefined;
  /** The runs that go on and have been told of. */
  readonly #told = new Set<PendingRequest>();
  /** What is to be told of runs that have ended. */
  #ended: SlowRun[] = [];
  #hasWarned = false;

  constructor(parts: SlowRunParts, rules: SlowRunRules) {
    this.#parts = parts;
    this.#rules = rules;
  }

  put(): void {
    this.#watch();
  }

  ran(pending: PendingRequest, workerId: number, _startedAt: number, ranMs: number): void {
    const wasTold = this.#told.delete(pending);
    if (this.#parts.table.size > 0) this.#watch();
    if (wasTold || ranMs < this.#rules.slowMs) return;
    // What callerRuns runs here is no worker's.
    const thread = this.#parts.supervisor.stops.workerWithId(workerId)?.thread;
    if (thread === undefined) return;
    if (this.#ended.length === 0) this.#parts.deadlines.add(0, this.#tellEnded);
    this.#ended.push(this.#runOf(pending, thread, ranMs, true));
  }

  settled(): void {}

  workerStarted(): void {}

  workerReady(): void {}

  workerEnded(): void {}

  #watch(delayMs = this.#rules.slowMs): void {
    if (this.#look === undefined) this.#look = this.#parts.deadlines.add(delayMs, this.#lookAtRuns);
  }

  readonly #tellEnded = (): void => {
    const ended = this.#ended;
    this.#ended = [];
    for (const run of ended) this.#parts.events.emit("slow", run);
  };

  readonly #lookAtRuns = (): void => {
    this.#look = undefined;
    const { tasks, events } = this.#parts;
    const { slowMs } = this.#rules;
    const slow: PendingRequest[] = [];
    let nextMs = slowMs;
    // What the backlog holds has no task yet.
    let mayBecomeSlow = this.#parts.queue.waiting > 0;
    for (const [, pending] of tasks.occupied()) {
      if (this.#told.has(pending)) continue;
      // Of a request that waits, 0: it may begin at once.
      const ranMs = tasks.isRunning(pending) ? (tasks.runningForMs(pending) ?? 0) : 0;
      if (ranMs >= slowMs) slow.push(pending);
      else {
        mayBecomeSlow = true;
        nextMs = Math.min(nextMs, slowMs - ranMs);
      }
    }
    // Before the listeners are called, which may do anything.
    if (mayBecomeSlow) this.#watch(nextMs);
    for (const pending of slow) this.#told.add(pending);
    for (const run of slow.map((pending) => this.#runningOf(pending)))
      if (run !== undefined) {
        if (run.isStalled) this.#warnOfStall(run);
        events.emit("slow", run);
      }
  };

  #runningOf(pending: PendingRequest): SlowRun | undefined {
    const { tasks, supervisor } = this.#parts;
    const run = tasks.runOf(pending);
    const worker = run && supervisor.stops.workerOf(run);
    if (worker === undefined) return undefined;
    return this.#runOf(pending, worker.thread, tasks.runningForMs(pending) ?? 0, false);
  }

  #runOf(pending: PendingRequest, worker: WorkerThread, ranMs: number, isOver: boolean): SlowRun {
    const { tasks, queue } = this.#parts;
    const { control, callSite } = pending;
    const total = control?.items ?? 0;
    // The result has been read, and the task belongs to no request any more.
    const begun = isOver ? total : itemsBegunOf(tasks, pending);
    return {
      request: this.#requestOf(pending),
      worker,
      ranMs,
      attempt: control?.attempt ?? 1,
      isOver,
      items: total === 0 ? undefined : { begun, total },
      waiting: queue.waiting,
      isStalled: !isOver && this.#isStalled(),
      get putStack() {
        return callSite?.frames ?? "";
      },
    };
  }

  /** The request as users see it. One that was aborted and delivered, and that still runs, is not pending any more. */
  #requestOf(pending: PendingRequest): SlowRequest {
    const { request, outcome } = pending;
    if (outcome !== "pending" && this.#parts.table.requests.get(request.requestID) !== request)
      requestState.setPending(request, false);
    return request;
  }

  /** Whether every worker is busy with runs that have been told of, while requests wait. */
  #isStalled(): boolean {
    const { tasks, queue, supervisor } = this.#parts;
    if (queue.waiting === 0) return false;
    const slots = new Map<number, boolean>();
    for (const [, pending] of tasks.occupied()) {
      const run = tasks.runOf(pending);
      if (run !== undefined)
        slots.set(run.slot, (slots.get(run.slot) ?? true) && this.#told.has(pending));
    }
    return (
      supervisor.ready.length === supervisor.running.length &&
      supervisor.running.every(({ channel }) => slots.get(channel.slot) === true)
    );
  }

  #warnOfStall({ waiting }: SlowRun): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { name, slowMs } = this.#rules;
    const workers = this.#parts.supervisor.running.length;
    printError(
      "Every worker of a ThreadPool has run one request for longer than slowMs, and nothing that waits has begun meanwhile. Long runs " +
        "do that, and so do callables that wait for what another request of the same pool is to do: those never end. Let such a callable " +
        `return, or give the pool more workers: name=${name} workers=${workers} waiting=${waiting} slowMs=${slowMs}`,
    );
  }
}
