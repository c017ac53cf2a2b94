import type { WorkerGate } from "../../native-queue/index.ts";

/** What the thread that shares children is. */
export interface SharingParts {
  readonly gate: WorkerGate;
  readonly workerId: number;
  /** How many cores the process may use. */
  readonly cores: number;
  /** The name of the channel by which the workers of the pool tell each other of shared buffers. */
  readonly channelName: string;
}
