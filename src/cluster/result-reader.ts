import { Date, describeThrown, Error } from "../runtime/index.ts";
import { carefulWorker } from "./careful-worker.ts";
import type { ResolvedClusterOptions } from "./cluster-options.ts";
import type { ConnectionOptions, Engine, Worker } from "./engine.ts";
import { checkResults } from "./messages.ts";
import type { ResultsMessage, SentResult } from "./messages.ts";
import type { ClusterNames } from "./names.ts";

/** How many jobs with results are read at a time. */
const CONCURRENCY = 16;

/** What a result reader is made of. */
export interface ResultReaderParts {
  readonly engine: Engine;
  readonly connection: ConnectionOptions;
  readonly names: ClusterNames;
  readonly options: ResolvedClusterOptions;
  /** A result of a request of this life. */
  readonly settle: (machine: string, result: SentResult) => void;
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
      const { life, machine, results } = message;
      if (life > options.life) {
        // Another program has taken over this producer's name: the results are for that one.
        await job.moveToDelayed(Date.now() + 500, job.token);
        throw new engine.DelayedError();
      }
      const take = life === options.life ? parts.settle : parts.unclaimed;
      for (const result of results) take(machine, result);
    },
  });
  worker.on("error", parts.warn);
  worker.on("failed", (_, error) =>
    parts.warn(new Error(`A job in the queue of results was dropped: ${error.message}`)),
  );
  return worker;
}
