import type { CallableDefinition } from "../../callable/describe.ts";
import { initializerMessage } from "./initializer.ts";
import type { ResolvedOptions } from "../options.ts";
import type { WorkerSettings } from "../queue/worker-channel.ts";

/**
 * What of a pool's options concerns each worker.
 *
 * @throws CallableError, PayloadError when the initializer or one of its arguments cannot cross to a worker
 */
export function workerSettingsOf(
  options: ResolvedOptions,
  callables: readonly CallableDefinition[],
): WorkerSettings {
  return {
    name: options.name,
    env: options.env,
    callables,
    wakesForClaims: options.qSize > 0,
    concurrency: options.concurrencyPerWorker,
    initializer: initializerMessage(options.initializer, options.initargs),
    maxRequests: options.maxRequestsPerWorker,
    memoryLimitBytes: options.memoryLimitBytes,
  };
}
