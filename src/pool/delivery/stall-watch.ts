import { printError } from "../../runtime/index.ts";
import type { Deadlines } from "../event-loop/deadlines.ts";
import type { RequestQueue } from "../queue/request-queue.ts";
import type { StreamHolds } from "../queue/stream-holds.ts";
import type { RequestTable } from "../request/request-table.ts";
import type { WorkerSupervisor } from "../supervision/worker-supervisor.ts";

/** So long nothing was delivered, in milliseconds, before a line tells of it. */
const STALL_MS = 5000;

/** The parts that this is built from. */
export interface StallParts {
  readonly table: Pick<RequestTable, "streams" | "size" | "handedOut" | "hasArrived">;
  readonly queue: Pick<RequestQueue, "waiting">;
  readonly supervisor: Pick<WorkerSupervisor, "reactor" | "running">;
  readonly deadlines: Pick<Deadlines, "add">;
  readonly holds: Pick<StreamHolds, "holdAll">;
}

/** The state of the delivery. */
export interface DeliveryState {
  /** Whether the event loop delivers results at present. */
  readonly delivers: boolean;
  /** Whether `settled()`, `close()` or `ready()` waits. */
  readonly isAwaited: boolean;
}

/**
 * Tells, once, of a program that seems to wait for itself: results that only `poll` or `wait` would deliver, and streams
 * that are not read while the program waits for something that they hold up. Whether the program ever goes on cannot be known, so
 * a line is printed, and nothing fails.
 */
export class StallWatch {
  readonly #parts: StallParts;
  readonly #name: string;
  #isWatching = false;
  #hasSaid = false;

  constructor(parts: StallParts, name: string) {
    this.#parts = parts;
    this.#name = name;
  }

  /** Call it when the event loop has nothing to deliver now. It does nothing in most pools. */
  look(state: () => DeliveryState): void {
    if (this.#isWatching || this.#hasSaid || !this.#mayStall(state())) return;
    this.#isWatching = true;
    const { table, deadlines } = this.#parts;
    const before = table.handedOut;
    deadlines.add(STALL_MS, () => {
      this.#isWatching = false;
      const reason = this.#reason(state());
      // What was delivered meanwhile was before this.
      if (reason !== undefined && table.handedOut === before) this.#say(reason);
      else this.look(state);
    });
  }

  /** Where nothing delivers, nothing looks again when a result comes. */
  #mayStall(state: DeliveryState): boolean {
    return (!state.delivers && this.#parts.table.size > 0) || this.#reason(state) !== undefined;
  }

  #reason({ delivers, isAwaited }: DeliveryState): string | undefined {
    const { table, queue, supervisor, holds } = this.#parts;
    if (!delivers && (table.hasArrived || supervisor.reactor.hasUnread())) {
      return (
        'Results of a ThreadPool wait to be delivered, and nothing has asked for them for 5 seconds. With delivery: "manual" only poll(), wait() and ' +
        "await settled() deliver; to await run(), map() or a stream by itself, leave delivery out"
      );
    }
    if (table.streams.size === 0) return undefined;
    const holdUp = queue.waiting > 0 && holds.holdAll(supervisor.running);
    if (!holdUp && !(isAwaited && this.#areOnlyUnreadStreams)) return undefined;
    return (
      "Streams of a ThreadPool have not been read for 5 seconds, and hold up what the program waits for. If code in the loop of a stream awaits " +
      "run(), settled(), close() or another stream, none of them ever goes on: read the stream to its end or leave its loop first, or give the pool " +
      "more workers than it has streams"
    );
  }

  get #areOnlyUnreadStreams(): boolean {
    const { streams, size } = this.#parts.table;
    if (streams.size !== size) return false;
    for (const { isOutOfCredit, isAwaited } of streams)
      if (!isOutOfCredit || isAwaited) return false;
    return true;
  }

  #say(reason: string): void {
    this.#hasSaid = true;
    const { size, streams } = this.#parts.table;
    printError(`${reason}: name=${this.#name} pending=${size} streams=${streams.size}`);
  }
}
