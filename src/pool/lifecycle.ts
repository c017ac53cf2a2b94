/**
 * A pool's life, and its ends.
 *
 * ```
 * open ──close, using──▶ closing ──everything is delivered, the workers have ended──▶ closed
 *   └──terminate, or no worker can be of use──▶ closed ◀──────────────────terminate──┘
 * ```
 */
import type { WorkerSupervisor } from "./supervision/worker-supervisor.ts";
import type { Deadlines } from "./event-loop/deadlines.ts";
import { errorsOf } from "./delivery/event-loop-delivery.ts";
import type { EventLoopDelivery } from "./delivery/event-loop-delivery.ts";
import { PoolClosed, WorkerDied } from "../errors.ts";
import type { Exchange } from "./queue/request-queue.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { StartFailure } from "./supervision/restart-policy.ts";

/** What a lifecycle needs from its pool. */
export interface LifecycleOptions {
  readonly supervisor: WorkerSupervisor;
  readonly exchange: Exchange;
  readonly table: RequestTable;
  readonly deadlines: Deadlines;
  readonly delivery: EventLoopDelivery;
}

/** Why a pool has closed by itself. */
interface Failure {
  readonly why: string;
  readonly cause: unknown;
}

export class Lifecycle {
  readonly #options: LifecycleOptions;
  #state: "open" | "closing" | "closed" = "open";
  #closed: Promise<void> | undefined;
  #failure: Failure | undefined;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** Throws `PoolClosed` unless the pool takes requests. */
  checkOpen(): void {
    if (this.#state === "open") return;
    throw this.#closedError(
      "The pool takes no more requests; make a new one",
      `state=${this.#state}`,
    );
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  terminate(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#options.supervisor.disband();
    this.#options.exchange.abandon();
    this.#end();
  }

  /** No worker will ever be of use: fails what is pending, and all that is put later. */
  fail(why: string, cause: unknown): void {
    if (this.#state === "closed") return;
    this.#failure = { why, cause };
    // Nobody would hear of it.
    if (this.#options.table.size === 0) console.error(`The pool has closed: ${why}.\n`, cause);
    this.terminate();
  }

  /** Workers end before they are ready, and there is no hope. */
  failToStart({ workerId, exitCode, errorText }: StartFailure): void {
    const message = `Worker ${workerId} ended before it was ready, and so did those before it in its place: exitCode=${exitCode}`;
    const cause = errorText === "" ? undefined : new Error(errorText);
    const error = new WorkerDied(message, { workerId, exitCode, cause });
    this.fail("its workers end before they are ready", error);
  }

  /**
   * Delivers what is pending by `wait`, then dismisses and joins the workers. Blocks.
   *
   * @throws what callbacks have thrown: the error, or an AggregateError of several
   */
  dispose(wait: () => void): void {
    if (this.#state === "closed") return;
    const { supervisor, table } = this.#options;
    const errors = errorsOf(wait);
    this.#state = "closing";
    supervisor.joinAndForget([
      ...supervisor.dismissNewest(supervisor.workers.length),
      ...supervisor.dismissedWorkers,
    ]);
    this.#state = "closed";
    this.#failPending();
    errors.push(...errorsOf(() => table.deliverAll()));
    this.#end();
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1)
      throw new AggregateError(errors, "Several callbacks of a pool have thrown.");
  }

  async #close(): Promise<void> {
    if (this.#state === "closed") return;
    const { supervisor, delivery } = this.#options;
    this.#state = "closing";
    await this.#settled();
    supervisor.dismissNewest(supervisor.workers.length);
    if (supervisor.canDeliver) await delivery.until(() => !supervisor.canDeliver);
    this.#state = "closed";
    this.#failPending();
    await this.#settled();
    supervisor.joinAndForget(supervisor.dismissedWorkers);
    this.#end();
  }

  async #settled(): Promise<void> {
    const { table, delivery } = this.#options;
    if (table.size === 0) return;
    try {
      await delivery.until(() => table.size === 0);
    } catch {
      // No worker is left: what is pending fails.
    }
  }

  #end(): void {
    this.#failPending();
    this.#options.deadlines.clear();
    this.#options.delivery.close();
  }

  #failPending(): void {
    const { table, delivery } = this.#options;
    table.failAll(({ requestID }) =>
      this.#closedError(
        "The pool was closed before this request was done",
        `requestID=${String(requestID)}`,
      ),
    );
    delivery.expect();
  }

  #closedError(what: string, detail: string): PoolClosed {
    if (this.#failure === undefined) return new PoolClosed(`${what}: ${detail}`);
    const { why, cause } = this.#failure;
    return new PoolClosed(`${what}, because ${why}; see cause: ${detail}`, { cause });
  }
}
