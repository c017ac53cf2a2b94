import { Date, describeThrown, Error } from "../runtime/index.ts";
import { carefulWorker } from "./careful-worker.ts";
import type { ResolvedClusterOptions } from "./cluster-options.ts";
import type { ConnectionOptions, Engine, Worker } from "./engine.ts";
import { checkResults } from "./messages.ts";
import type { RefusedChunk, ResultsMessage, SentResult } from "./messages.ts";
import type { ClusterNames } from "./names.ts";

/** How many jobs with results are read at a time. */
const CONCURRENCY = 16;
/** How long the results of a later life wait until they are looked at again. */
const LATER_MS = 500;
/** So often they wait. A later program takes the name over within a second, so there is none. */
const LATER_WAITS = 20;

/** What a result reader is made of. */
export interface ResultReaderParts {
  readonly engine: Engine;
  readonly connection: ConnectionOptions;
  readonly names: ClusterNames;
  readonly options: ResolvedClusterOptions;
  /** A result of a request of this life. */
  readonly settle: (machine: string, result: SentResult) => void;
  /** A machine did not take a chunk of this life. */
  readonly refused: (refused: RefusedChunk) => void;
  /** A result of a request of an earlier life. */
  readonly unclaimed: (machine: string, result: SentResult) => void;
  readonly warn: (error: unknown) => void;
}

/**
 * Reads the queue of results of this producer. Every job is read at least once, so a result can come twice; the table of
 * pending requests takes it once.
 */
export function startResultReader(parts: ResultReaderParts): Worker {
  const { engine, names, options } = parts;
  const worker = carefulWorker({
    engine,
    queue: names.results(options.producer),
    // A machine may have another limit, and what it has sent is wanted.
    maxPayloadBytes: Number.MAX_SAFE_INTEGER,
    options: {
      connection: parts.connection,
      prefix: options.prefix,
      concurrency: CONCURRENCY,
      lockDuration: options.lockDurationMs,
      stalledInterval: options.stallCheckMs,
      maxStalledCount: 1000,
    },
    async handle(data, job) {
      let message: ResultsMessage;
      try {
        message = checkResults(data);
      } catch (error) {
        throw new engine.UnrecoverableError(describeThrown(error));
      }
      const { life, machine, results = [], refused } = message;
      if (life > options.life) {
        // Another program has taken over this producer's name: the results are for that one.
        if (job.attemptsStarted > LATER_WAITS)
          throw new engine.UnrecoverableError(
            `It is for a later program of this producer, and none has come: life=${life}`,
          );
        await job.moveToDelayed(Date.now() + LATER_MS, job.token);
        throw new engine.DelayedError();
      }
      const take = life === options.life ? parts.settle : parts.unclaimed;
      for (const result of results) take(machine, result);
      if (refused !== undefined && life === options.life) parts.refused(refused);
    },
  });
  worker.on("error", parts.warn);
  worker.on("failed", (_, error) =>
    parts.warn(new Error(`A job in the queue of results was dropped: ${error.message}`)),
  );
  return worker;
}
