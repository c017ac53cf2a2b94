import { describeCallable } from "../../callable/index.ts";
import { loadedCodec } from "../../codec/index.ts";
import { PayloadError } from "../../errors.ts";
import type { CallableMessage, InitializerMessage } from "../../protocol/index.ts";
import type { ResolvedOptions } from "../options.ts";
import type { WorkerSettings } from "../queue/worker-channel.ts";
import { Uint8Array, process } from "../../runtime/index.ts";
import type { SupervisorSettings } from "./supervisor-parts.ts";

/**
 * The part of a pool's options that concerns its supervisor. The others may refer to the pool, which the supervisor outlives.
 *
 * @throws CallableError, PayloadError when the initializer or one of its arguments cannot cross to a worker
 */
export function supervisorSettingsOf(
  options: ResolvedOptions,
  callables: readonly CallableMessage[],
): SupervisorSettings {
  const { graceMs, minWorkers, maxWorkers, idleTimeoutMs } = options;
  const workers = workerSettingsOf(options, callables);
  return { graceMs, minWorkers, maxWorkers, idleTimeoutMs, workers };
}

/**
 * The part of a pool's options that every worker is started with.
 *
 * @throws CallableError, PayloadError when the initializer or one of its arguments cannot cross to a worker
 */
function workerSettingsOf(
  options: ResolvedOptions,
  callables: readonly CallableMessage[],
): WorkerSettings {
  return {
    name: options.name,
    env: options.env,
    argv: options.argv ?? process.argv.slice(2),
    preload: options.preload,
    smol: options.smol,
    callables,
    wakesForClaims: options.qSize > 0,
    concurrency: options.concurrencyPerWorker,
    initializer: initializerMessage(options),
    maxRequests: options.maxRequestsPerWorker,
    memoryLimitBytes: options.memoryLimitBytes,
  };
}

function initializerMessage({
  initializer,
  initargs,
  foreign,
}: ResolvedOptions): InitializerMessage | undefined {
  if (initializer === undefined) return undefined;
  const definition = describeCallable(initializer);
  const encoder = new (loadedCodec().Encoder)();
  const encodedArgs = new Uint8Array(encoder.prepare(initargs, "initargs", undefined, foreign));
  encoder.copyTo(encodedArgs, 0);
  if (encoder.transferList.length > 0) {
    throw new PayloadError(
      "The initializer's arguments go to every worker, and something among them can only be moved to one: path=initargs",
      { path: "initargs" },
    );
  }
  return { definition, encodedArgs, handles: encoder.handles };
}
