import {
  NOBODY_HOLDS,
  holderOf,
  isOrphan,
  orphansOf,
  takersFor,
  unpark,
} from "../../../native-queue/index.ts";
import type { Orphan, QueueViews } from "../../../native-queue/index.ts";
import type { StopReasonMessage } from "../../protocol/index.ts";
import type { Deadlines } from "../event-loop/deadlines.ts";
import type { Run } from "../queue/run.ts";
import type { TaskTable } from "../queue/task-table.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import type { WorkerRecord } from "./worker-record.ts";
import type { WorkerSlots } from "./worker-slots.ts";
import { performanceNow } from "../../runtime/index.ts";

/**
 * How long the event loop of a worker may stand still while nobody knows which of its runs holds it up, in milliseconds.
 * After that the run that was to stop counts as the one: its neighbours could not go on either.
 */
const LONGEST_STANDSTILL_MS = 5000;

/** A run that was asked to stop. */
export interface RequestedStop {
  readonly run: Run;
  readonly record: WorkerRecord;
  /** The number of the message among the requests to stop that the worker was posted. */
  readonly number: number;
  /** Since when the worker's event loop has stood still for a reason that nobody knows; undefined while it does not. */
  standstillSinceMs: number | undefined;
}

/** The supervisor as the stops need it. */
export interface StopSupervisor {
  kill(record: WorkerRecord): void;
  /** Lets a worker take no more requests, and starts its successor. */
  retire(record: WorkerRecord): void;
}

/** The parts that this is built from. */
export interface StopParts {
  readonly views: QueueViews;
  readonly tasks: TaskTable;
  readonly slots: WorkerSlots;
  /** How many asynchronous callables a worker runs at a time. */
  readonly concurrency: number;
  readonly deadlines: Deadlines;
  /** How long a run may go on after it was asked to stop, in milliseconds. */
  readonly graceMs: number;
}

/**
 * Asks runs to stop, and ends the workers of those that do not.
 *
 * A worker that runs several requests at a time is not to lose them because one of them was aborted. A run that waits in the
 * event loop hears of its stop only when that turns, and a neighbour that computes may hold it up. So:
 *
 * | the worker's event loop                            | the run                              | when its grace period is over         |
 * | -------------------------------------------------- | ------------------------------------ | ------------------------------------- |
 * | has come to the stop                               | has heard it                         | the worker retires: its successor takes over, and it is killed when only stuck runs are left |
 * | stands still, and the run itself holds it          | could ask `taskContext` at any time  | the worker is killed                  |
 * | stands still, and another run holds it             | could not hear                       | it has not begun: see `couldHear`     |
 * | stands still, and it is not known which run holds it | may not have been able to hear     | the same, for `LONGEST_STANDSTILL_MS` |
 *
 * A worker knows which callable holds its thread from the call to the first `await`. Of what goes on after an `await` it
 * does not know whose it is. A worker in which nothing else runs that is still pending is killed in every case.
 */
export class RunStops {
  readonly #parts: StopParts;
  readonly #supervisor: StopSupervisor;

  constructor(parts: StopParts, supervisor: StopSupervisor) {
    this.#parts = parts;
    this.#supervisor = supervisor;
  }

  /**
   * Asks a run to stop: in shared memory, for a synchronous loop, and by a message, for a callable that waits in the
   * worker's event loop.
   *
   * @param reason what its `taskContext` is to tell; undefined when that cannot cross
   * @returns undefined when its worker is gone
   */
  request(run: Run, reason: StopReasonMessage | undefined): RequestedStop | undefined {
    const record = this.#parts.slots.at(run.slot);
    if (record === undefined || record.state === "ended") return undefined;
    const { channel } = record;
    // Before the run can see that it is to stop: a loop that sees it looks for the reason at once.
    if (reason !== undefined) channel.postStopReason(reason);
    this.#parts.tasks.requestStop(run);
    // Its children in other workers can see it now. Those that wait in the event loop there look again.
    for (const slot of takersFor(this.#parts.views, run)) unpark(this.#parts.views, slot);
    const number = channel.postStop({ stopTask: run.task, generation: run.generation });
    return { run, record, number, standstillSinceMs: undefined };
  }

  /** The worker of a run; undefined when it is gone. */
  workerOf({ slot }: Run): WorkerRecord | undefined {
    return this.#parts.slots.at(slot);
  }

  /** The worker with an id; undefined when it is gone. */
  workerWithId(workerId: number): WorkerRecord | undefined {
    return this.#parts.slots.withId(workerId);
  }

  /** Whether the run could have heard of its stop. Its grace period counts from then on. */
  couldHear(stop: RequestedStop): boolean {
    const { views, tasks, concurrency } = this.#parts;
    const { record, run, number } = stop;
    const { channel } = record;
    if (concurrency === 1 || channel.hasHeardStop(number)) return true;
    const holder = holderOf(views, channel.slot);
    // Where nothing else is pending, no other request suffers.
    if (holder === run.task || !tasks.runsPending(channel.slot)) return true;
    if (holder !== NOBODY_HOLDS) {
      stop.standstillSinceMs = undefined;
      return false;
    }
    const now = performanceNow();
    stop.standstillSinceMs ??= now;
    return now - stop.standstillSinceMs >= LONGEST_STANDSTILL_MS;
  }

  /**
   * Ends the workers that still run children of a run that was to stop. A helper that has several requests is left alone: only the
   * worker of the run itself is ended with its neighbours.
   */
  endTakers({ run }: RequestedStop): void {
    const { views, slots, tasks, concurrency } = this.#parts;
    for (const slot of takersFor(views, run)) {
      const record = slots.at(slot);
      if (slot === run.slot || record === undefined || record.state === "ended") continue;
      if (concurrency === 1 || !tasks.runsPending(slot)) this.#supervisor.kill(record);
    }
  }

  /**
   * Call it when a worker is gone. Children of it that others run are to stop: ends the workers of those that do not in the grace
   * period. A worker that has a request as well waits for such a child on the stack of that request; it is ended when that is over.
   */
  limitOrphans(): void {
    const orphans = orphansOf(this.#parts.views);
    if (orphans.length > 0) this.#endLater(orphans);
  }

  #endLater(orphans: readonly Orphan[]): void {
    const { views, slots, tasks, deadlines, graceMs } = this.#parts;
    deadlines.add(graceMs, () => {
      const left = orphans.filter((orphan) => isOrphan(views, orphan));
      const held = left.filter(({ taker }) => tasks.runsPending(taker));
      for (const orphan of left) {
        const record = slots.at(orphan.taker);
        if (!held.includes(orphan) && record !== undefined && record.state !== "ended")
          this.#supervisor.kill(record);
      }
      if (held.length > 0) this.#endLater(held);
    });
  }

  /** Ends the worker of a run that has not stopped although it could have heard that it should. */
  end({ record, number }: RequestedStop, pending: PendingRequest): void {
    if (record.state === "ended") return;
    const { tasks, concurrency } = this.#parts;
    if (concurrency === 1 || !record.channel.hasHeardStop(number)) {
      if (tasks.tryDecideEnd(pending)) this.#supervisor.kill(record);
      return;
    }
    if (record.workerState === "running") this.#supervisor.retire(record);
    else if (record.workerState === "dismissed") record.workerState = "retiring";
    this.killIfRetired(record);
  }

  /** Kills a worker that retires once only stuck runs are left in it. Call it when its results were read. */
  killIfRetired(record: WorkerRecord): void {
    if (record.workerState === "retiring" && !this.#parts.tasks.runsPending(record.channel.slot))
      this.#supervisor.kill(record);
  }
}
