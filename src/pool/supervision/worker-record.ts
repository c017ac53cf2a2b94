import { shutGate } from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import { WorkerDied } from "../../errors.ts";
import { busyMsOf } from "../../protocol/index.ts";
import type { ChannelListener, WorkerChannel } from "../queue/worker-channel.ts";
import { WorkerThread } from "../worker-thread.ts";
import type { WorkerThreadControl, WorkerThreadState } from "../worker-thread.ts";
import { performanceNow } from "../../runtime/index.ts";

/** What a worker takes over from its predecessor. */
export interface RestartHistory {
  /** How many predecessors have died. */
  readonly deaths: number;
  /** How many of them, in a row, have ended before they had completed or lost a request. */
  readonly failedStarts: number;
  /** How many of these have left requests waiting, or were not even ready for one. */
  readonly uselessStarts: number;
}

/** The history of a worker that has no predecessor. */
export const NO_HISTORY: RestartHistory = { deaths: 0, failedStarts: 0, uselessStarts: 0 };

/** The states of a worker; see `WorkerRecord`. */
type WorkerState = "running" | "dismissed" | "retiring" | "killed" | "ended";

/** The supervisor as a record needs it. */
export interface RecordSupervisor {
  dismiss(record: WorkerRecord): void;
  join(record: WorkerRecord): void;
  kill(record: WorkerRecord): void;
  workerReady(record: WorkerRecord): void;
  workerClosed(record: WorkerRecord, exitCode: number): void;
}

/**
 * One worker of a pool, as its supervisor knows it.
 *
 * ```
 * running ──dismissed by the user, the autoscaler or close──▶ dismissed ──its end──▶ ended
 *    │ ├──has a run that does not stop, beside others──▶ retiring ──only such runs are left──▶ killed
 *    │ └──its end, a death or a recycling──▶ ended
 *    └──killed──▶ killed ──its thread is gone──▶ ended
 * ```
 *
 * From `dismissed` and `retiring` a worker may be killed, too; a dismissed one may become `retiring`, and one that
 * retires may end by itself. A running worker that ends or is killed has a successor; one that retires got it then.
 */
export class WorkerRecord implements WorkerThreadControl, ChannelListener {
  readonly thread: WorkerThread;
  readonly channel: WorkerChannel;
  readonly history: RestartHistory;
  workerState: WorkerState = "running";
  /** Removes the limit on the time of the start. */
  endStartLimit: () => void = () => {};
  /** The tasks that a killed worker had claimed. They are free when its thread is gone. */
  heldTasks: readonly number[] = [];
  /** How far the worker had come when it ended. After that the words of its slot may be a successor's. */
  lastPhase: "starting" | "ready" | "recycling" = "starting";
  /** Whether the worker has ended in the middle of a request. */
  hasLostRequests = false;
  readonly #supervisor: RecordSupervisor;

  constructor(channel: WorkerChannel, history: RestartHistory, supervisor: RecordSupervisor) {
    this.channel = channel;
    this.history = history;
    this.#supervisor = supervisor;
    this.thread = new WorkerThread(channel.workerId, this);
  }

  /** The state as users see it. */
  get state(): WorkerThreadState {
    if (this.workerState === "running") return "running";
    const hasEnded = this.workerState === "killed" || this.workerState === "ended";
    return hasEnded ? "ended" : "dismissed";
  }

  /** Whether the worker takes requests. */
  get isReady(): boolean {
    return this.workerState === "running" && this.channel.isReady;
  }

  /** The history of its successor, when the user ends the worker, or it retires. */
  get historyAfter(): RestartHistory {
    return { ...NO_HISTORY, deaths: this.history.deaths + 1 };
  }

  /** Call it when the worker has ended, and before its slot is free. */
  noteLastPhase(): void {
    const { isReady, isRecycled } = this.channel;
    if (isReady) this.lastPhase = isRecycled ? "recycling" : "ready";
  }

  /** Whether the worker has completed a request, or lost one by its end. Its end may be the fault of that request. */
  get hasServed(): boolean {
    return this.channel.results > 0 || this.hasLostRequests;
  }

  /** Ends the worker at once, in a pool that ends: it changes nothing more that others read. */
  shutDown(views: QueueViews): void {
    this.workerState = "killed";
    shutGate(views, this.channel.slot);
    this.channel.terminate();
    this.channel.closePort();
  }

  dismiss(): void {
    this.#supervisor.dismiss(this);
  }

  join(): void {
    this.#supervisor.join(this);
  }

  terminate(): void {
    this.#supervisor.kill(this);
  }

  ready(): void {
    this.#supervisor.workerReady(this);
  }

  closed(exitCode: number): void {
    this.#supervisor.workerClosed(this, exitCode);
  }
}

/** One worker's figures since it was started. */
export interface WorkerFigures {
  /** `WorkerThread.id` */
  readonly id: number;
  /** Requests that the worker has completed. */
  readonly requests: number;
  /** Milliseconds during which the worker had work, the present run included. */
  readonly busyMs: number;
  /** `busyMs` as a share of the time since the worker was started, 0 to 1. */
  readonly busyShare: number;
  /** How many predecessors of the worker have died. */
  readonly deaths: number;
}

/** Reads a worker's figures from shared memory. */
export function figuresOf(views: QueueViews, { channel, history }: WorkerRecord): WorkerFigures {
  const busyMs = busyMsOf(views, channel.slot);
  const lifetimeMs = performanceNow() - channel.startedAt;
  return {
    id: channel.workerId,
    requests: channel.results,
    busyMs,
    busyShare: Math.min(1, busyMs / lifetimeMs),
    deaths: history.deaths,
  };
}

function notStarted({ workerId }: WorkerChannel, cause: unknown): WorkerDied {
  const message = `Worker ${workerId} could not be started: the system has given it no thread; a successor is tried later: worker=${workerId}`;
  return new WorkerDied(message, { workerId, cause });
}

/** The error that tells why a worker has ended. @param exitCode null when the worker was terminated */
export function deathOf({ channel }: WorkerRecord, exitCode: number | null): WorkerDied {
  const { workerId, startError, initializerError, uncaughtError, fault, errorText } = channel;
  if (startError !== undefined) return notStarted(channel, startError.error);
  const cause =
    initializerError?.error ?? uncaughtError ?? fault ?? (errorText === "" ? undefined : errorText);
  const how = exitCode === null ? "was terminated" : "ended";
  const message = `Worker ${workerId} ${how}: exitCode=${exitCode}`;
  return new WorkerDied(message, { workerId, exitCode, cause });
}

/** Why a request fails that only this worker could run. @param exitCode null when the worker was terminated */
export function endedBefore({ channel }: WorkerRecord, exitCode: number | null): WorkerDied {
  const { workerId, startError, initializerError, uncaughtError, fault } = channel;
  const cause = startError?.error ?? initializerError?.error ?? uncaughtError ?? fault;
  return new WorkerDied(
    `Worker ${workerId} ended before it ran its part of a broadcast: exitCode=${exitCode}`,
    { workerId, exitCode, cause },
  );
}
