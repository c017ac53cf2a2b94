import { describeThrown } from "../runtime/index.ts";
import { carefulWorker, mostReadable } from "./careful-worker.ts";
import { ChunkRun } from "./chunk-run.ts";
import type { MachineParts } from "./chunk-run.ts";
import type { ConnectionOptions, Engine, Job, Worker } from "./engine.ts";
import type { ResolvedMachineOptions } from "./machine-options.ts";
import { checkChunk } from "./messages.ts";
import type { ChunkMessage } from "./messages.ts";
import { producerOf } from "./names.ts";

/** What a worker is made of. */
export interface ChunkWorkerParts {
  readonly engine: Engine;
  readonly connection: ConnectionOptions;
  readonly options: ResolvedMachineOptions;
  readonly machine: MachineParts;
  readonly concurrency: number;
  readonly warn: (error: globalThis.Error) => void;
}

/** Takes chunks from one queue of requests, and runs them. It computes nothing itself: locks are renewed in this thread. */
export function startChunkWorker(queue: string, parts: ChunkWorkerParts): Worker {
  const { engine, options, machine, warn } = parts;
  const worker = carefulWorker({
    engine,
    queue,
    maxPayloadBytes: options.maxPayloadBytes,
    options: {
      connection: parts.connection,
      prefix: options.prefix,
      concurrency: parts.concurrency,
      lockDuration: options.lockDurationMs,
      stalledInterval: options.stallCheckMs,
      maxStalledCount: options.maxLosses,
    },
    async handle(data, job) {
      let chunk: ChunkMessage;
      try {
        chunk = checkChunk(data);
      } catch (error) {
        throw new engine.UnrecoverableError(describeThrown(error));
      }
      try {
        await new ChunkRun(machine, chunk, attemptOf(job, chunk)).run();
      } catch (error) {
        const reason = `The results of the job cannot be stored: reason=${describeThrown(error)}`;
        throw new engine.UnrecoverableError(reason);
      }
    },
  });
  worker.on("error", warn);
  worker.on("failed", (job, error) => {
    warn(error);
    if (job !== undefined) void report(job, error, machine);
  });
  return worker;
}

/** Tells the producer of a job that has failed: it was lost with its machine too often, or it was not taken. Never rejects. */
async function report(
  job: Job,
  { message }: globalThis.Error,
  machine: MachineParts,
): Promise<void> {
  try {
    if (/stalled/.test(message)) {
      const chunk = checkChunk(job.data);
      await new ChunkRun(machine, chunk, attemptOf(job, chunk)).reportLoss();
      return;
    }
    const addressee = producerOf(job.name, job.id);
    if (addressee === undefined) return;
    const maxBytes = mostReadable(job);
    const size = maxBytes === undefined ? {} : { maxBytes };
    await machine.writer.refuse(addressee, { jobId: job.id!, reason: message, ...size });
  } catch {
    // No producer has put it, or it looks for the job by itself.
  }
}

function attemptOf(job: Job, chunk: ChunkMessage): number {
  return Math.max(1, job.attemptsStarted) + (chunk.lost ?? 0);
}
