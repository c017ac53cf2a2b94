import { describeThrown } from "../runtime/index.ts";
import { carefulWorker } from "./careful-worker.ts";
import { ChunkRun } from "./chunk-run.ts";
import type { MachineParts } from "./chunk-run.ts";
import type { ConnectionOptions, Engine, Job, Worker } from "./engine.ts";
import type { ResolvedMachineOptions } from "./machine-options.ts";
import { checkChunk } from "./messages.ts";
import type { ChunkMessage } from "./messages.ts";

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
      await new ChunkRun(machine, chunk, attemptOf(job, chunk)).run();
    },
  });
  worker.on("error", warn);
  worker.on("failed", (job, error) => {
    warn(error);
    if (job !== undefined) void reportLoss(job, machine);
  });
  return worker;
}

/** A job fails when it cannot be read, or when it was lost with its machine too often. The latter has requests that wait. */
async function reportLoss(job: Job, machine: MachineParts): Promise<void> {
  try {
    const chunk = checkChunk(job.data);
    await new ChunkRun(machine, chunk, attemptOf(job, chunk)).reportLoss();
  } catch {
    // No producer has put it.
  }
}

function attemptOf(job: Job, chunk: ChunkMessage): number {
  return Math.max(1, job.attemptsStarted) + (chunk.lost ?? 0);
}
