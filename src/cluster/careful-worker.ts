import { Buffer, describeThrown } from "../runtime/index.ts";
import { ENVELOPE_BYTES } from "./travelling-bytes.ts";
import type { Engine, Job, JobJson, Worker, WorkerOptions } from "./engine.ts";

/** Left alone, BullMQ waits 15 seconds after a failed command. */
const RUN_RETRY_MS = 250;
/**
 * How long an idle worker waits for the server to wake it, in seconds. A frozen process can be woken in place of one that is
 * awake; the latter looks by itself after this time.
 */
const IDLE_SECONDS = 1;
/** What stands in place of the data of a job that cannot be read. */
interface Unreadable {
  readonly unreadable?: string;
  /** What this side reads, when the job is larger. */
  readonly maxBytes?: number;
}

/** What a worker is made of. */
export interface CarefulWorkerParts {
  readonly engine: Engine;
  readonly queue: string;
  readonly options: WorkerOptions;
  readonly maxPayloadBytes: number;
  /** Is called with the data of a job. What it throws fails the job at once, and no other. */
  readonly handle: (data: unknown, job: Job) => Promise<void> | void;
}

/**
 * A worker of BullMQ that takes nothing in a job for granted. What is no JSON, or larger than the limit, is not parsed: the
 * job fails alone and at once, in place of coming again and again.
 */
export function carefulWorker({
  engine,
  queue,
  options,
  maxPayloadBytes,
  handle,
}: CarefulWorkerParts): Worker {
  class CarefulWorker extends engine.Worker {
    protected override createJob(json: JobJson, jobId: string): Job {
      const data = readable(json.data, maxPayloadBytes);
      return super.createJob({ ...json, data }, jobId);
    }
  }
  const process = async (job: Job): Promise<void> => {
    const { unreadable } = (job.data ?? {}) as Unreadable;
    if (unreadable !== undefined) throw new engine.UnrecoverableError(unreadable);
    await handle(job.data, job);
  };
  return new CarefulWorker(queue, process, {
    runRetryDelay: RUN_RETRY_MS,
    drainDelay: IDLE_SECONDS,
    ...options,
  });
}

function readable(data: string, maxPayloadBytes: number): string {
  const bytes = Buffer.byteLength(data);
  const maxBytes = maxPayloadBytes + ENVELOPE_BYTES;
  if (bytes > maxBytes)
    return refused(
      `The job is larger than this side reads; raise its maxPayloadBytes, or store the value elsewhere and send its name: bytes=${bytes} maxPayloadBytes=${maxPayloadBytes}`,
      maxBytes,
    );
  try {
    JSON.parse(data);
    return data;
  } catch (error) {
    return refused(`The data of the job is no JSON: reason=${describeThrown(error)}`);
  }
}

function refused(reason: string, maxBytes?: number): string {
  const unreadable = { unreadable: reason, ...(maxBytes === undefined ? {} : { maxBytes }) };
  return JSON.stringify(unreadable satisfies Unreadable);
}

/** What this side reads of a job, in bytes, when the job is larger. */
export function mostReadable(job: Job): number | undefined {
  return ((job.data ?? {}) as Unreadable).maxBytes;
}
