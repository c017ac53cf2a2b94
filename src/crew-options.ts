import type { Deadlines } from "./deadlines.ts";
import type { Exchange } from "./exchange.ts";
import type { PoolEvents } from "./pool-events.ts";
import type { StartFailure } from "./start-policy.ts";
import type { WorkerOptions } from "./worker-channel.ts";

/** What a crew needs from its pool. */
export interface CrewOptions {
  readonly exchange: Exchange;
  readonly deadlines: Deadlines;
  readonly events: PoolEvents;
  readonly forWorkers: WorkerOptions;
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
