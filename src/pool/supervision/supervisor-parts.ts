import type { Deadlines } from "../event-loop/deadlines.ts";
import type { Turns } from "../event-loop/turns.ts";
import type { ChannelSet } from "../queue/channel-set.ts";
import type { RequestQueue } from "../queue/request-queue.ts";
import type { ResultCollector } from "../queue/result-collector.ts";
import type { StreamHolds } from "../queue/stream-holds.ts";
import type { TaskTable } from "../queue/task-table.ts";
import type { WorkerSettings } from "../queue/worker-channel.ts";
import type { ScalingBounds } from "./autoscaler.ts";
import type { WorkerAnnouncements } from "./worker-announcements.ts";

/** The parts that a supervisor is built from. */
export interface SupervisorParts {
  readonly tasks: TaskTable;
  readonly channels: ChannelSet;
  readonly queue: RequestQueue;
  readonly collector: ResultCollector;
  readonly deadlines: Deadlines;
  readonly announcements: WorkerAnnouncements;
  readonly holds: StreamHolds;
  readonly turns: Turns;
}

/** What of a pool's options concerns its supervisor. */
export interface SupervisorSettings extends ScalingBounds {
  /** What every worker is started with. */
  readonly workers: WorkerSettings;
  /**
   * How long a worker that is dismissed before it is ready may take to end, and the thread of a worker that has ended
   * to be gone, in milliseconds.
   */
  readonly graceMs: number;
}
