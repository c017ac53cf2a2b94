import type { Trace, TraceOptions, OpenRequest, TraceSource, TracedKind } from "../trace/index.ts";
import { Set, TIME_ORIGIN, performanceNow } from "../runtime/index.ts";
import { loadedTrace } from "./loaded-trace.ts";
import type { Observation } from "./observation.ts";
import type { CallableRegistry } from "./queue/callable-registry.ts";
import type { ChannelSet } from "./queue/channel-set.ts";
import type { TaskTable } from "./queue/task-table.ts";
import { ChunkRequest, StreamRequest } from "./request/chunk-request.ts";
import { STARTED_BEFORE } from "./request/observer.ts";
import { CallbackRequest, SyncRequest } from "./request/pending-request.ts";
import { NOT_TIMED } from "./request/put-times.ts";
import type { PendingRequest } from "./request/pending-request.ts";
import type { RequestTable } from "./request/request-table.ts";
import type { TracePool } from "./trace-calls.ts";

/** The parts of a pool that a trace is told of. */
export interface TracedParts {
  readonly observation: Observation;
  readonly callables: Pick<CallableRegistry, "nameOf">;
  readonly tasks: Pick<TaskTable, "occupied" | "isRunning" | "runOf" | "runningForMs">;
  readonly channels: Pick<ChannelSet, "all">;
  readonly table: Pick<RequestTable, "snapshot">;
}

/** The traces of a pool. */
export function tracesOf(parts: TracedParts, poolName: string): TracePool {
  const source = (): TraceSource => sourceOf(parts, poolName);
  return {
    source,
    start: (options: TraceOptions | undefined): Trace =>
      new (loadedTrace().Trace)(source(), options),
  };
}

function sourceOf(parts: TracedParts, poolName: string): TraceSource {
  const { observation, callables, tasks } = parts;
  return {
    poolName,
    observe: (listener, perSecond) => observation.add(listener, perSecond),
    skipped: () => observation.skipped,
    nameOf: (callableId) => callables.nameOf(callableId),
    kindOf: (request) => kindOf(request as PendingRequest),
    isRunning: (request) => tasks.isRunning(request as PendingRequest),
    open: () => openRequests(parts),
    workers: () => parts.channels.all.map(presentWorker),
  };
}

function presentWorker(channel: { readonly workerId: number; readonly startedAt: number }): {
  workerId: number;
  startedAt: number;
} {
  return { workerId: channel.workerId, startedAt: TIME_ORIGIN + channel.startedAt };
}

function kindOf(pending: PendingRequest): TracedKind {
  if (pending instanceof CallbackRequest) return "putRequest";
  const { control } = pending;
  if (pending instanceof SyncRequest)
    return control !== undefined && control.chunkItems > 0 ? "chunk" : "runSync";
  if (pending instanceof StreamRequest) return "stream";
  if (pending instanceof ChunkRequest) return "chunk";
  return control !== undefined && control.onlySlot !== undefined ? "broadcast" : "run";
}

/** What waits or runs, runs of requests that have their outcome already included. */
function openRequests({ tasks, channels, table }: TracedParts): OpenRequest[] {
  const open: OpenRequest[] = [];
  for (const [, request] of tasks.occupied()) {
    // It was not timed, because there were very many.
    if (request.putAt === NOT_TIMED) continue;
    const slot = tasks.runOf(request)?.slot;
    const channel = channels.all.find((each) => each.slot === slot);
    if (channel === undefined) continue;
    const ranMs = tasks.runningForMs(request);
    const startedAt = ranMs === undefined ? STARTED_BEFORE : TIME_ORIGIN + performanceNow() - ranMs;
    open.push({ request, workerId: channel.workerId, startedAt });
  }
  const running = new Set(open.map(({ request }) => request as unknown));
  for (const request of table.snapshot()) {
    if (request.outcome !== "pending" || request.putAt === NOT_TIMED || running.has(request))
      continue;
    open.push({ request, workerId: undefined, startedAt: STARTED_BEFORE });
  }
  return open;
}
