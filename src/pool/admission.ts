/** Lets requests into the queue while it has room, and does what the pool's policy says when it has none. */
import { availableParallelism } from "node:os";
import { ARM_FOR_CLAIMS, awaitWorkers } from "../../native-queue/index.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";
import type { Deadlines } from "./event-loop/deadlines.ts";
import { noWorkersLeft } from "./delivery/event-loop-delivery.ts";
import { QueueFull } from "../errors.ts";
import type { Exchange } from "./queue/request-queue.ts";
import type { RejectionPolicy } from "./options.ts";
import type { PoolEvents } from "./events.ts";
import type { RequestTable } from "./request/request-table.ts";
import { SpinBudget } from "../runtime/spin-budget.ts";
import type { Cancellation } from "./cancellation.ts";

/** About what a park and its wake-up cost. */
const SPIN_FOR_ROOM_US = 50;

/** What an admission needs from its pool. */
export interface AdmissionOptions {
  readonly exchange: Exchange;
  readonly table: RequestTable;
  readonly supervisor: WorkerSupervisor;
  readonly deadlines: Deadlines;
  readonly cancellation: Cancellation;
  /** Requests that may wait in the queue, 0 for no limit. */
  readonly qSize: number;
  readonly policy: RejectionPolicy;
  readonly events: PoolEvents;
}

/** Where a request is to run. */
export type Admitted = "in a worker" | "in its caller";

export class Admission {
  readonly #options: AdmissionOptions;
  #isFull = false;
  readonly #budget = new SpinBudget(SPIN_FOR_ROOM_US, availableParallelism());

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Admits one request, or throws `QueueFull`.
   *
   * @param waitMs for how long to block for room where the policy is to block; Infinity for no limit, and 0 to give up
   *   at once; undefined to let the request in all the same
   */
  admit(waitMs: number | undefined): Admitted {
    if (this.hasRoom()) return "in a worker";
    this.#tellThatFull();
    const { policy, qSize, cancellation } = this.#options;
    if (policy === "callerRuns") return "in its caller";
    if (policy === "throw") throw queueFull(qSize);
    if (policy === "block") {
      if (waitMs !== undefined) this.#waitForRoom(waitMs);
    } else if (!cancellation.tryDiscardOldest(() => discarded(qSize))) throw queueFull(qSize);
    return "in a worker";
  }

  /** Was the queue full, and has nobody been told yet that it has room again? */
  get isFull(): boolean {
    return this.#isFull;
  }

  hasRoom(): boolean {
    const { qSize, exchange } = this.#options;
    return qSize === 0 || exchange.waiting < qSize;
  }

  /** Tells whoever listens when there is room again. Call it when workers may have claimed something. */
  noticeRoom(): void {
    if (!this.#isFull || !this.hasRoom()) return;
    this.#isFull = false;
    this.#options.events.emit("drain");
  }

  #tellThatFull(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    this.#options.events.emit("full");
  }

  #waitForRoom(waitMs: number): void {
    const { exchange, supervisor, table, deadlines, qSize } = this.#options;
    const deadline = performance.now() + waitMs;
    const isDone = (): boolean => this.hasRoom() || supervisor.hasUnread();
    while (!this.hasRoom()) {
      const remainingMs = deadline - performance.now();
      if (remainingMs <= 0) throw queueFull(qSize);
      // It would be for ever; with a limit the caller gets what was promised.
      if (!supervisor.canDeliver && waitMs === Infinity) throw noWorkersLeft(table.size);
      const limitMs = Math.min(remainingMs, deadlines.remainingMs);
      awaitWorkers(exchange.views, ARM_FOR_CLAIMS, isDone, this.#budget.us, limitMs);
      // Results are read even when the bound of results is reached: else workers and parent wait for each other.
      supervisor.collect();
    }
  }
}

function queueFull(qSize: number): QueueFull {
  return new QueueFull(
    `The request queue is full; wait for results, or make it longer: qSize=${qSize}`,
  );
}

function discarded(qSize: number): QueueFull {
  return new QueueFull(
    `The request queue was full, and this request had waited longest; it was discarded for a newer one: qSize=${qSize}`,
  );
}
