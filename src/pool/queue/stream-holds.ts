import { ThreadPoolError } from "../../errors.ts";
import { Map } from "../../runtime/index.ts";
import type { StreamRequest } from "../request/chunk-request.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import type { RequestTable } from "../request/request-table.ts";
import type { Runs } from "./task-table.ts";

/** The parts that this is built from. */
export interface StreamHoldParts {
  readonly table: RequestTable;
  readonly tasks: Runs;
}

/** What this needs of the pool's options. */
export interface StreamHoldRules {
  readonly concurrencyPerWorker: number;
  /** The pool may start workers up to this number. */
  readonly maxWorkers: number;
}

interface HeldWorker {
  readonly channel: { readonly slot: number };
}

/**
 * Whether streams hold the workers: each has yielded all that it may, and goes on when its consumer takes a value.
 *
 * The consumer is code of this thread. A call that blocks this thread until one of these workers does something would never
 * end, so it throws. A stream with a limit of time ends by itself.
 */
export class StreamHolds {
  readonly #parts: StreamHoldParts;
  readonly #rules: StreamHoldRules;

  constructor(parts: StreamHoldParts, rules: StreamHoldRules) {
    this.#parts = parts;
    this.#rules = rules;
  }

  /** Whether no worker can take a request before a consumer has taken a value. @param running the workers of the pool */
  holdAll(running: readonly HeldWorker[]): boolean {
    if (this.#parts.table.streams.size === 0 || running.length === 0) return false;
    const { concurrencyPerWorker, maxWorkers } = this.#rules;
    if (running.length < maxWorkers) return false;
    const held = this.#heldBySlot();
    return running.every(({ channel }) => (held.get(channel.slot) ?? 0) >= concurrencyPerWorker);
  }

  /**
   * Throws when a call waits for requests, or for room, that no worker will take: nothing runs but these streams, and nothing that
   * waits has a limit of its own.
   *
   * @throws ThreadPoolError
   */
  checkWait(running: readonly HeldWorker[]): void {
    if (!this.holdAll(running)) return;
    const { tasks, table } = this.#parts;
    let held = 0;
    for (const count of this.#heldBySlot().values()) held += count;
    if (tasks.running === held && table.oldest(hasOwnLimit) === undefined) throw this.error;
  }

  /**
   * Throws when a worker that is to end is held by a stream. Returns false: it has not ended.
   *
   * @throws ThreadPoolError
   */
  checkJoin({ channel }: HeldWorker): false {
    if (this.#parts.table.streams.size > 0 && this.#heldBySlot().has(channel.slot))
      throw this.error;
    return false;
  }

  /** The error of a call that would block for ever. */
  get error(): ThreadPoolError {
    const { streams } = this.#parts.table;
    return new ThreadPoolError(
      `This call blocks this thread, and waits for a worker that a stream holds, which waits for this thread to take its values: none of ` +
        "them would ever go on. Read the stream to its end or leave its loop first, or give the pool more workers than it has " +
        `streams: streams=${streams.size}`,
    );
  }

  #heldBySlot(): Map<number, number> {
    const held = new Map<number, number>();
    for (const stream of this.#parts.table.streams) {
      if (!isHeld(stream)) continue;
      const slot = this.#parts.tasks.runOf(stream)?.slot;
      if (slot !== undefined) held.set(slot, (held.get(slot) ?? 0) + 1);
    }
    return held;
  }
}

function isHeld(stream: StreamRequest): boolean {
  const { outcome, isOutOfCredit, control } = stream;
  return outcome === "pending" && isOutOfCredit && control.timeoutMs === Infinity;
}

function hasOwnLimit({ control }: PendingRequest): boolean {
  return control !== undefined && control.queueTimeoutMs !== Infinity;
}
