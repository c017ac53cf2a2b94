/** One worker of a crew, and what can be said of it. */
import { busyMsOf } from "../../protocol/busy-time.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import { WorkerDied } from "../../errors.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import type { WorkerChannel } from "../queue/worker-channel.ts";
import type { WorkerThread } from "../worker-thread.ts";

/** What a worker takes over from the one before it in its place. */
export interface RestartHistory {
  /** How many workers have died there. */
  readonly deaths: number;
  /** How many, one after the other, have ended there before they were ready. */
  readonly failedStarts: number;
}

export const NO_HISTORY: RestartHistory = { deaths: 0, failedStarts: 0 };

export interface WorkerRecord extends RestartHistory {
  readonly thread: WorkerThread;
  readonly channel: WorkerChannel;
  readonly slot: number;
  /** Takes back the limit on the time that it may take to start. */
  readonly endStartLimit: () => void;
  /** Dismissed, to be ended when nothing is left in it but runs that do not stop. */
  isRetiring: boolean;
  /** What a killed worker held: its tasks are used again when the thread is gone. */
  heldTasks: readonly number[];
}

/** One worker's figures since it was started. */
export interface WorkerFigures {
  readonly id: number;
  /** Requests done. */
  readonly requests: number;
  /** Milliseconds between finding work and running out of it, what it does now included. */
  readonly busyMs: number;
  /** `busyMs` as a share of the time since the worker was started, 0 to 1. */
  readonly busyShare: number;
  /** How many workers have died in its place before it. */
  readonly deaths: number;
}

/** Reads a worker's figures from shared memory. */
export function figuresOf(
  views: QueueViews,
  { thread, channel, deaths }: WorkerRecord,
): WorkerFigures {
  const busyMs = busyMsOf(views, channel.slot);
  const lifetimeMs = performance.now() - channel.startedAt;
  const busyShare = Math.min(1, busyMs / lifetimeMs);
  return { id: thread.id, requests: channel.results, busyMs, busyShare, deaths };
}

/** Why a worker is no more. */
export function deathOf({ thread, channel }: WorkerRecord, exitCode: number | null): WorkerDied {
  const { initializerError, uncaughtError, fault, errorText } = channel;
  const cause =
    initializerError?.error ?? uncaughtError ?? fault ?? (errorText === "" ? undefined : errorText);
  const how = exitCode === null ? "was terminated" : "ended";
  return new WorkerDied(`Worker ${thread.id} ${how}: exitCode=${exitCode}`, {
    workerId: thread.id,
    exitCode,
    cause,
  });
}

/** Why a request that a worker ran has failed when the worker ended. */
export function diedRunning(
  channel: WorkerChannel,
  exitCode: number | null,
  pending: PendingRequest,
  cause?: unknown,
): WorkerDied {
  const isFaulty = channel.fault !== undefined;
  const ended = isFaulty ? "was terminated because its results made no sense," : "was terminated";
  const how = exitCode === null ? ended : `ended with exit code ${exitCode}`;
  return new WorkerDied(
    `Worker ${channel.workerId} ${how} while it ran this request: requestID=${String(pending.requestID)}`,
    { workerId: channel.workerId, exitCode, cause },
  );
}
