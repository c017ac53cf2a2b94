import { NoWorkersAvailable, PoolClosed } from "../errors.ts";
import type { EventLoopDelivery } from "./delivery/event-loop-delivery.ts";
import type { StrandedRequests } from "./delivery/stranded-requests.ts";
import type { Deadlines } from "./event-loop/deadlines.ts";
import type { RequestQueue } from "./queue/request-queue.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { PoolFailure } from "./supervision/restart-policy.ts";
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";

/** The parts that a lifecycle is built from. */
export interface LifecycleParts {
  readonly supervisor: WorkerSupervisor;
  readonly queue: RequestQueue;
  readonly table: RequestTable;
  readonly deadlines: Deadlines;
  readonly delivery: EventLoopDelivery;
  readonly stranded: StrandedRequests;
}

/**
 * How a pool ends.
 *
 * ```
 * open ──close, using──▶ closing ──everything is delivered, the workers have ended──▶ closed
 *   └──terminate, or the pool cannot go on──▶ closed ◀──────────────────terminate──┘
 * ```
 */
export class Lifecycle {
  readonly #parts: LifecycleParts;
  #state: "open" | "closing" | "closed" = "open";
  #closed: Promise<void> | undefined;
  #failure: PoolFailure | undefined;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
    parts.supervisor.failWith((failure) => this.#fail(failure));
  }

  /** Throws `PoolClosed` unless the pool takes requests. */
  checkOpen(): void {
    if (this.#state === "open") return;
    throw this.#closedError(
      "The pool takes no more requests; make a new one",
      `state=${this.#state}`,
    );
  }

  /** See `ThreadPool.close`. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** See `ThreadPool.terminate`. */
  terminate(): void {
    if (this.#state === "closed") return;
    this.#leave("closed");
    this.#parts.supervisor.disband();
    this.#parts.queue.abandon();
    this.#end();
  }

  /**
   * Delivers what is pending by `wait`, then dismisses and joins the workers. Blocks.
   *
   * @throws the error that a callback has thrown, or an AggregateError of several
   */
  dispose(wait: () => void): void {
    if (this.#state === "closed") return;
    const { supervisor, table } = this.#parts;
    const errors = errorsOf(wait);
    this.#leave("closing");
    supervisor.dismissNewest(supervisor.running.length);
    supervisor.joinAndForget(supervisor.dismissed);
    this.#state = "closed";
    this.#failPending();
    errors.push(...errorsOf(() => table.deliverAll()));
    this.#end();
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1)
      throw new AggregateError(errors, "Several callbacks of a pool have thrown.");
  }

  /** The pool cannot go on: fails what is pending, and everything that is put later. */
  #fail(failure: PoolFailure): void {
    if (this.#state === "closed") return;
    this.#failure = failure;
    // Without a pending request no promise and no callback would tell of the failure.
    if (this.#parts.table.size === 0)
      console.error(`The pool has closed: ${failure.why}.\n`, failure.cause);
    this.terminate();
  }

  /** Takes no more requests, of puts neither that are about to come nor that have begun. */
  #leave(state: "closing" | "closed"): void {
    this.#state = state;
    this.#parts.queue.close(() => this.checkOpen());
  }

  async #close(): Promise<void> {
    if (this.#state === "closed") return;
    const { supervisor, delivery, stranded } = this.#parts;
    this.#leave("closing");
    stranded.end();
    await this.#settled();
    supervisor.dismissNewest(supervisor.running.length);
    if (supervisor.canDeliver) await delivery.until(() => !supervisor.canDeliver);
    this.#state = "closed";
    this.#failPending();
    await this.#settled();
    supervisor.joinAndForget(supervisor.dismissed);
    this.#end();
  }

  async #settled(): Promise<void> {
    const { table, delivery } = this.#parts;
    if (table.size === 0) return;
    try {
      await delivery.until(() => table.size === 0);
    } catch {
      // No worker is left. The caller fails what is pending.
    }
  }

  #end(): void {
    this.#failPending();
    // A successor that waits for the thread of a killed worker to be gone must not start any more.
    this.#parts.supervisor.disband();
    this.#parts.deadlines.clear();
    this.#parts.delivery.close();
  }

  #failPending(): void {
    this.#parts.table.failAll(({ requestID }) =>
      this.#closedError(
        "The pool was closed before this request was done",
        `requestID=${String(requestID)}`,
      ),
    );
  }

  #closedError(what: string, detail: string): PoolClosed {
    if (this.#failure === undefined) return new PoolClosed(`${what}: ${detail}`);
    const { why, cause } = this.#failure;
    return new PoolClosed(`${what}, because ${why}; see cause: ${detail}`, { cause });
  }
}

/** Calls `deliver` again after each error that a callback throws, until it returns. Returns the errors. */
function errorsOf(deliver: () => void): unknown[] {
  const errors: unknown[] = [];
  for (;;) {
    try {
      deliver();
      return errors;
    } catch (error) {
      errors.push(error);
      if (error instanceof NoWorkersAvailable) return errors;
    }
  }
}
