import { ARM_FOR_CLAIMS } from "../../native-queue/index.ts";
import { QueueFull } from "../errors.ts";
import { SpinBudget, performanceNow, CORES } from "../runtime/index.ts";
import type { Cancellation } from "./cancellation.ts";
import { noWorkersLeft } from "./delivery/stranded-requests.ts";
import type { Deadlines } from "./event-loop/deadlines.ts";
import type { RejectionPolicy } from "./options.ts";
import type { ChannelSet } from "./queue/channel-set.ts";
import type { StreamHolds } from "./queue/stream-holds.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { PendingRequest } from "./request/pending-request.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";

/** About the cost of a park and its wake-up. */
const SPIN_FOR_ROOM_US = 50;

/** The parts that an admission is built from. */
export interface AdmissionParts {
  readonly queue: RequestQueue;
  readonly channels: ChannelSet;
  readonly table: RequestTable;
  readonly supervisor: WorkerSupervisor;
  readonly deadlines: Deadlines;
  readonly cancellation: Cancellation;
  readonly holds: StreamHolds;
}

/** What an admission needs of the pool's options. */
export interface AdmissionRules {
  /** Requests that may wait in the queue, 0 for no limit. */
  readonly qSize: number;
  readonly rejectionPolicy: RejectionPolicy;
}

/** Where an admitted request is to run. */
export type Admitted = "in a worker" | "in its caller";

/** Admits requests while the queue has capacity, and applies the pool's policy when it has none. */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #rules: AdmissionRules;
  readonly #budget = new SpinBudget(SPIN_FOR_ROOM_US, CORES);

  constructor(parts: AdmissionParts, rules: AdmissionRules) {
    this.#parts = parts;
    this.#rules = rules;
  }

  /**
   * Admits one request.
   *
   * @param waitMs how long to block for room under the policy `"block"`, in milliseconds: Infinity for no limit, 0 to give
   *   up at once, undefined to admit the request without room
   * @throws QueueFull when the request is not admitted, and what `RequestQueue.checkMayPut` throws
   */
  admit(pending: PendingRequest, waitMs: number | undefined): Admitted {
    const { queue, cancellation } = this.#parts;
    if (queue.hasCapacity()) return "in a worker";
    queue.noteFull();
    queue.checkMayPut(pending);
    const { rejectionPolicy, qSize } = this.#rules;
    switch (rejectionPolicy) {
      case "callerRuns":
        return "in its caller";
      case "throw":
        throw queueFull(qSize);
      case "block":
        if (waitMs !== undefined) this.#waitForRoom(pending, waitMs);
        return "in a worker";
      case "discardOldest":
        if (!cancellation.tryDiscardOldest(() => discarded(qSize))) throw queueFull(qSize);
        return "in a worker";
    }
  }

  #waitForRoom(pending: PendingRequest, waitMs: number): void {
    const { queue, channels, supervisor, table, deadlines, holds } = this.#parts;
    const { reactor } = supervisor;
    const deadline = performanceNow() + waitMs;
    const isDone = (): boolean => queue.hasCapacity() || reactor.hasUnread();
    while (!queue.hasCapacity()) {
      const remainingMs = deadline - performanceNow();
      if (remainingMs <= 0) throw queueFull(this.#rules.qSize);
      // Without workers a wait without a limit would never end. With a limit the caller waits as long as it asked for.
      if (!supervisor.canDeliver && waitMs === Infinity) throw noWorkersLeft(table.size);
      if (waitMs === Infinity) holds.checkWait(supervisor.running);
      const limitMs = Math.min(remainingMs, deadlines.remainingMs);
      channels.block(ARM_FOR_CLAIMS, isDone, this.#budget.us, limitMs);
      // Read results although their bound is reached: otherwise workers and parent wait for each other.
      reactor.react();
      queue.checkMayPut(pending);
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
