import type { Deadlines } from "../event-loop/deadlines.ts";
import type { Exchange } from "../queue/request-queue.ts";
import type { PoolEvents } from "../events.ts";
import type { StartFailure } from "./restart-policy.ts";
import type { WorkerSettings } from "../queue/worker-channel.ts";

/** What a crew needs from its pool. */
export interface SupervisorOptions {
  readonly exchange: Exchange;
  readonly deadlines: Deadlines;
  readonly events: PoolEvents;
  readonly workerSettings: WorkerSettings;
  /** How long a worker that is dismissed before it is ready may take to end: milliseconds. */
  readonly graceMs: number;
  /** Called when the number of workers that may hold a request has changed: running or dismissed. */
  readonly onSizeChange: (present: number) => void;
  /** Called when results have been read: workers may have claimed more. */
  readonly onCollected: () => void;
  /** Called when a worker's end was heard of from the event loop. */
  readonly onEnd: () => void;
  /** Called when an initializer has failed, with what it threw. */
  readonly onInitializerError: (error: unknown) => void;
  /** Called when workers end before they can run anything, and there is no hope that the next one will not. */
  readonly onStartFailure: (failure: StartFailure) => void;
}
