import type { Callable, CallableNaming, ModuleCallable } from "../../callable/index.ts";
import { loadedCodec } from "../../codec/index.ts";
import type { Foreign } from "../../codec/index.ts";
import type { CallableMessage, InitializerMessage } from "../../protocol/index.ts";
import type { ResolvedOptions } from "../options.ts";
import { movedToOne } from "../queue/request-arguments.ts";
import type { Threads } from "../queue/threads.ts";
import type { WorkerSettings } from "../queue/worker-channel.ts";
import { Uint8Array } from "../../runtime/index.ts";
import { programPreloads } from "./program-preloads.ts";
import type { SupervisorSettings } from "./supervisor-parts.ts";

/** What the workers of a pool need that is no option. */
export interface OwnSettings {
  readonly threads: Threads;
  readonly naming: CallableNaming;
}

/** How a callable and its arguments are told to workers. */
interface InitializerRules {
  /** What the path in a PayloadError starts with. */
  readonly root: string;
  readonly foreign: Foreign;
  readonly naming: CallableNaming;
}

/**
 * The part of a pool's options that concerns its supervisor. The others may refer to the pool, which the supervisor outlives.
 *
 * @throws CallableError, PayloadError when the initializer or one of its arguments cannot cross to a worker
 */
export function supervisorSettingsOf(
  options: ResolvedOptions,
  callables: readonly CallableMessage[],
  own: OwnSettings,
): SupervisorSettings {
  const { graceMs, minWorkers, maxWorkers, idleTimeoutMs } = options;
  const workers = workerSettingsOf(options, callables, own);
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
  { threads, naming }: OwnSettings,
): WorkerSettings {
  return {
    threads,
    preload: options.preload ?? programPreloads(),
    callables,
    wakesForClaims: options.qSize > 0,
    concurrency: options.concurrencyPerWorker,
    initializers: initializersOf(options, naming),
    maxRequests: options.maxRequestsPerWorker,
    memoryLimitBytes: options.memoryLimitBytes,
  };
}

function initializersOf(
  { initializer, initargs, foreign }: ResolvedOptions,
  naming: CallableNaming,
): InitializerMessage[] {
  if (initializer === undefined) return [];
  return [initializerMessage(initializer, initargs, { root: "initargs", foreign, naming })];
}

/**
 * What tells a worker of a callable that it is to run before its first request.
 *
 * @throws CallableError, PayloadError when the callable or one of its arguments cannot cross to every worker
 */
export function initializerMessage(
  callable: Callable | ModuleCallable,
  args: readonly unknown[],
  { root, foreign, naming }: InitializerRules,
): InitializerMessage {
  const definition = naming.describe(callable);
  const encoder = new (loadedCodec().Encoder)();
  const encodedArgs = new Uint8Array(encoder.prepare(args, root, undefined, foreign));
  encoder.copyTo(encodedArgs, 0);
  if (encoder.transferList.length > 0) throw movedToOne(root);
  return { definition, encodedArgs, handles: encoder.handles };
}
