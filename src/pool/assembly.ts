import { MAX_WORKERS, createQueueMemory } from "../../native-queue/index.ts";
import { FOR_THIS_THREAD, FOR_THREADS } from "../callable/index.ts";
import { Admission } from "./admission.ts";
import { BlockingRuns } from "./blocking-runs.ts";
import { Broadcasts } from "./broadcasts.ts";
import { CallerRuns } from "./caller-runs.ts";
import { Cancellation } from "./cancellation.ts";
import { Chunks } from "./chunks.ts";
import { EventLoopDelivery } from "./delivery/event-loop-delivery.ts";
import { ResultWaiter } from "./delivery/result-waiter.ts";
import { StallWatch } from "./delivery/stall-watch.ts";
import { StrandedRequests } from "./delivery/stranded-requests.ts";
import { Deadlines } from "./event-loop/deadlines.ts";
import { Turns } from "./event-loop/turns.ts";
import { Observation } from "./observation.ts";
import { PoolEvents } from "./events.ts";
import { Lifecycle } from "./lifecycle.ts";
import { loadedInline } from "./loaded-inline.ts";
import type { ResolvedOptions } from "./options.ts";
import { RunningCollections } from "./running-collections.ts";
import { CallableRegistry } from "./queue/callable-registry.ts";
import { ChannelSet } from "./queue/channel-set.ts";
import { RequestQueue } from "./queue/request-queue.ts";
import { ResultCollector } from "./queue/result-collector.ts";
import { StreamHolds } from "./queue/stream-holds.ts";
import { TASKS, TaskTable } from "./queue/task-table.ts";
import type { Threads } from "./queue/threads.ts";
import { CallSites } from "./request/call-site.ts";
import { debugLogOf } from "./request/debug-log.ts";
import { InlineRequestTable } from "./request/inline-request-table.ts";
import { Latency } from "./request/latency.ts";
import { RequestLog } from "./request/request-log.ts";
import { RequestTable } from "./request/request-table.ts";
import { SlowRuns } from "./slow-runs.ts";
import { Streams } from "./streams.ts";
import type { TracePool } from "./trace-calls.ts";
import { tracesOf } from "./traces.ts";
import { supervisorSettingsOf } from "./supervision/worker-settings.ts";
import { WorkerAnnouncements } from "./supervision/worker-announcements.ts";
import { WorkerSupervisor } from "./supervision/worker-supervisor.ts";

/** The parts of a pool, and the parts that use them. */
export interface PoolParts {
  readonly name: string;
  readonly table: RequestTable;
  readonly events: PoolEvents;
  readonly callSites: CallSites;
  readonly callables: CallableRegistry;
  readonly queue: RequestQueue;
  readonly supervisor: WorkerSupervisor;
  readonly cancellation: Cancellation;
  readonly admission: Admission;
  readonly callerRuns: CallerRuns;
  readonly blockingRuns: BlockingRuns;
  readonly broadcasts: Broadcasts;
  readonly waiter: ResultWaiter;
  readonly delivery: EventLoopDelivery;
  readonly lifecycle: Lifecycle;
  readonly streams: Streams;
  /** What collections need of the pool. */
  readonly chunksOf: (pool: object) => Chunks;
  readonly latency: Latency;
  readonly observation: Observation;
  readonly traces: TracePool;
  readonly channels: ChannelSet;
  readonly tasks: TaskTable;
  readonly deadlines: Deadlines;
}

/** Does what `assemble` does, and ends the threads that were started when it cannot. */
export function assembleOrEnd(options: ResolvedOptions, threads: Threads): PoolParts {
  try {
    return assemble(options, threads);
  } catch (error) {
    threads.endAhead();
    throw error;
  }
}

/**
 * Makes the parts of a pool, in an order in which no part is used before it exists. Parts that outlive the pool get what
 * they need of its options, not all of them: a callable may refer to the pool.
 *
 * @param threads the threads of its workers, of which the first may have been started
 * @throws CallableError, PayloadError when the initializer or one of its arguments cannot cross to a worker
 */
function assemble(options: ResolvedOptions, threads: Threads): PoolParts {
  const { name, qSize, resqSize, graceMs, slowMs, concurrencyPerWorker, maxWorkers } = options;
  const turns = new Turns();
  const deadlines = new Deadlines(turns);
  const events = new PoolEvents();
  const log = debugLogOf(name);
  const latency = new Latency();
  const callSites = new CallSites();
  const inlineTable = options.inline === "no" ? undefined : new InlineRequestTable(turns, events);
  const table = inlineTable ?? new RequestTable(turns, events);

  const channels = new ChannelSet(createQueueMemory(TASKS, undefined, boardWorkersOf(options)));
  const naming = options.inline === "no" ? FOR_THREADS : FOR_THIS_THREAD;
  const callables = new CallableRegistry(channels, table, naming);
  const tasks = new TaskTable(channels);
  const queue = new RequestQueue({ tasks, channels, table, turns, events }, { qSize, resqSize });
  const collector = new ResultCollector({ tasks, channels, table, latency, queue });

  const holds = new StreamHolds({ table, tasks }, { concurrencyPerWorker, maxWorkers });
  const inline =
    inlineTable === undefined
      ? undefined
      : new (loadedInline().InlineWorkers)({
          read: () => {
            for (const channel of channels.all) supervisor.readResults(channel);
          },
          lookAtClock: () => deadlines.runDue(),
          askPutter: (task, ask) => inlineTable.askPutter(tasks.requestOf(task), ask),
        });
  channels.inline = inline;
  threads.inline = inline;
  const announcements = new WorkerAnnouncements(events, log);
  const supervisor: WorkerSupervisor = new WorkerSupervisor(
    { tasks, channels, queue, collector, deadlines, announcements, holds, turns },
    supervisorSettingsOf(options, callables.definitions, { threads, naming }),
  );
  const parts = { tasks, channels, queue, table, supervisor, deadlines, holds };
  const cancellation = new Cancellation(parts, graceMs);
  const waiter = new ResultWaiter(parts);
  const stranded = new StrandedRequests(parts);
  const stalls = new StallWatch(parts, name);
  const delivery = new EventLoopDelivery(
    { ...parts, turns, collector, waiter, callSites, stranded, stalls },
    { isAuto: options.delivery === "auto", readsAhead: resqSize === 0 },
  );
  const putting = { ...parts, cancellation, callables, callSites, latency, naming };
  const observation = new Observation({ ...putting, announcements });
  const blockingRuns = new BlockingRuns({ ...parts, waiter });
  const collections = new RunningCollections();
  const lifecycle = new Lifecycle({
    ...parts,
    delivery,
    stranded,
    collections,
    inline,
    callables,
    log,
  });
  if (log?.hasRequests === true) observation.add(new RequestLog(log));
  if (slowMs < Infinity) observation.add(new SlowRuns({ ...parts, events }, { slowMs, name }));
  return {
    ...putting,
    name,
    events,
    observation,
    traces: tracesOf({ ...putting, observation }, name),
    waiter,
    delivery,
    admission: new Admission({ ...parts, cancellation }, options),
    callerRuns: new CallerRuns(parts),
    blockingRuns,
    broadcasts: new Broadcasts({ ...putting, lifecycle }, options),
    lifecycle,
    streams: new Streams({ ...putting, turns, lifecycle }, options),
    chunksOf: (pool) =>
      new Chunks({ ...putting, blockingRuns, lifecycle, collections }, options, pool),
  };
}

/** How many workers can offer children to others. A killed worker keeps its slot for a while, so there are more slots than workers. */
function boardWorkersOf({ inline, workers, maxWorkers }: ResolvedOptions): number {
  return inline === "no" ? Math.min(2 * Math.max(workers, maxWorkers, 4), MAX_WORKERS) : 0;
}
