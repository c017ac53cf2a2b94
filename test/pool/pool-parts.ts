/** The parts of a pool, built as `ThreadPool` builds them, for tests of one part among its real neighbours. */
import { createQueueMemory, publishSlotsInUse, resetWorker } from "../../native-queue/index.ts";
import { FOR_THREADS } from "../../src/callable/index.ts";
import { Cancellation } from "../../src/pool/cancellation.ts";
import { EventLoopDelivery } from "../../src/pool/delivery/event-loop-delivery.ts";
import type { DeliveryRules } from "../../src/pool/delivery/event-loop-delivery.ts";
import { ResultWaiter } from "../../src/pool/delivery/result-waiter.ts";
import { StallWatch } from "../../src/pool/delivery/stall-watch.ts";
import { StrandedRequests } from "../../src/pool/delivery/stranded-requests.ts";
import { Deadlines } from "../../src/pool/event-loop/deadlines.ts";
import { Turns } from "../../src/pool/event-loop/turns.ts";
import { PoolEvents } from "../../src/pool/events.ts";
import { RunningCollections } from "../../src/pool/running-collections.ts";
import { Lifecycle } from "../../src/pool/lifecycle.ts";
import { CallableRegistry } from "../../src/pool/queue/callable-registry.ts";
import { ChannelSet } from "../../src/pool/queue/channel-set.ts";
import { RequestQueue } from "../../src/pool/queue/request-queue.ts";
import type { QueueBounds } from "../../src/pool/queue/request-queue.ts";
import { ResultCollector } from "../../src/pool/queue/result-collector.ts";
import { StreamHolds } from "../../src/pool/queue/stream-holds.ts";
import { TASKS, TaskTable } from "../../src/pool/queue/task-table.ts";
import { Threads } from "../../src/pool/queue/threads.ts";
import { WorkerChannel } from "../../src/pool/queue/worker-channel.ts";
import type { WorkerSettings } from "../../src/pool/queue/worker-channel.ts";
import { CallSites } from "../../src/pool/request/call-site.ts";
import { Latency } from "../../src/pool/request/latency.ts";
import { CallbackRequest } from "../../src/pool/request/pending-request.ts";
import type { PendingRequest } from "../../src/pool/request/pending-request.ts";
import { RequestControl } from "../../src/pool/request/request-control.ts";
import type { RequestLimits } from "../../src/pool/request/request-control.ts";
import { RequestTable } from "../../src/pool/request/request-table.ts";
import { WorkRequest } from "../../src/pool/request/work-request.ts";
import type { ScalingBounds } from "../../src/pool/supervision/autoscaler.ts";
import { WorkerAnnouncements } from "../../src/pool/supervision/worker-announcements.ts";
import { WorkerSupervisor } from "../../src/pool/supervision/worker-supervisor.ts";
import type { RequestID } from "../../src/protocol/index.ts";
import type { PlayedWorker } from "./played-worker.ts";

const WORKER_SETTINGS: WorkerSettings = {
  threads: new Threads({ name: "played", env: undefined, argv: [], smol: false }),
  callables: [],
  wakesForClaims: true,
  concurrency: 1,
  initializers: [],
  maxRequests: Infinity,
  memoryLimitBytes: Infinity,
  preload: [],
};

/** The parts below the supervision of workers. */
export interface QueueRoom {
  readonly turns: Turns;
  readonly deadlines: Deadlines;
  readonly events: PoolEvents;
  readonly latency: Latency;
  readonly table: RequestTable;
  readonly channels: ChannelSet;
  readonly tasks: TaskTable;
  readonly queue: RequestQueue;
  readonly collector: ResultCollector;
}

export function queueRoom(bounds: Partial<QueueBounds> = {}): QueueRoom {
  const turns = new Turns();
  const events = new PoolEvents();
  const latency = new Latency();
  const table = new RequestTable(turns, events);
  const channels = new ChannelSet(createQueueMemory(TASKS));
  const tasks = new TaskTable(channels);
  const lower = { turns, events, latency, table, channels, tasks };
  const queue = new RequestQueue(lower, { qSize: 0, resqSize: 0, ...bounds });
  const collector = new ResultCollector({ ...lower, queue });
  return { ...lower, deadlines: new Deadlines(turns), queue, collector };
}

export interface PoolOptions extends QueueBounds, ScalingBounds, DeliveryRules {
  readonly graceMs: number;
  readonly concurrency: number;
}

const DEFAULTS: PoolOptions = {
  qSize: 0,
  resqSize: 0,
  minWorkers: 0,
  maxWorkers: 0,
  idleTimeoutMs: Infinity,
  isAuto: true,
  readsAhead: true,
  graceMs: Infinity,
  concurrency: 1,
};

/** The parts below the delivery of results. */
export interface WorkRoom extends QueueRoom {
  readonly announcements: WorkerAnnouncements;
  readonly holds: StreamHolds;
  readonly supervisor: WorkerSupervisor;
}

export function workRoom(options: Partial<PoolOptions> = {}): WorkRoom {
  const settings = { ...DEFAULTS, ...options };
  const room = queueRoom(settings);
  const { concurrency: concurrencyPerWorker, maxWorkers } = settings;
  const parts = {
    ...room,
    announcements: new WorkerAnnouncements(room.events),
    holds: new StreamHolds(room, { concurrencyPerWorker, maxWorkers }),
  };
  const workers = { ...WORKER_SETTINGS, concurrency: settings.concurrency };
  return { ...parts, supervisor: new WorkerSupervisor(parts, { ...settings, workers }) };
}

/** All the parts of a pool. */
export interface PoolRoom extends WorkRoom {
  readonly callSites: CallSites;
  readonly waiter: ResultWaiter;
  readonly stranded: StrandedRequests;
  readonly delivery: EventLoopDelivery;
  readonly cancellation: Cancellation;
  readonly collections: RunningCollections;
  readonly callables: CallableRegistry;
  readonly lifecycle: Lifecycle;
}

export function poolRoom(options: Partial<PoolOptions> = {}): PoolRoom {
  const settings = { ...DEFAULTS, ...options };
  const parts = { ...workRoom(settings), callSites: new CallSites() };
  const cancellation = new Cancellation(parts, settings.graceMs);
  const waiter = new ResultWaiter(parts);
  const stranded = new StrandedRequests(parts);
  const delivery = new EventLoopDelivery(
    { ...parts, waiter, stranded, stalls: new StallWatch(parts, "a pool") },
    settings,
  );
  const collections = new RunningCollections();
  const callables = new CallableRegistry(parts.channels, parts.table, FOR_THREADS);
  const lifecycle = new Lifecycle({ ...parts, delivery, stranded, collections, callables });
  return { ...parts, cancellation, waiter, stranded, delivery, collections, callables, lifecycle };
}

/** How far a worker that is added has come. */
type WorkerStart = "not started" | "starting" | "ready";

/** Adds a worker to a queue without a supervisor. `played` is what `playWorkers` has returned. */
export function addWorker(
  { channels, queue }: QueueRoom,
  played: readonly PlayedWorker[],
  state: WorkerStart = "ready",
): { channel: WorkerChannel; worker: PlayedWorker } {
  const slot = channels.size;
  resetWorker(channels.views, slot);
  publishSlotsInUse(channels.views, slot + 1);
  const channel = new WorkerChannel(slot, slot + 1, channels.views, WORKER_SETTINGS);
  channels.add(channel);
  queue.introduce(channel);
  channel.begin(channels.memory, { ready: () => {}, closed: () => {} });
  const worker = played.at(-1) as PlayedWorker;
  if (state === "ready") worker.becomeReady();
  else if (state === "starting") worker.start();
  return { channel, worker };
}

/** The parts below the supervision, and one worker. */
export interface StaffedQueueRoom extends QueueRoom {
  readonly channel: WorkerChannel;
  readonly worker: PlayedWorker;
}

/** `played` is what `playWorkers` has returned. */
export function staffedQueueRoom(
  played: readonly PlayedWorker[],
  state: WorkerStart = "ready",
): StaffedQueueRoom {
  const room = queueRoom();
  return { ...room, ...addWorker(room, played, state) };
}

/** A request, and what its callbacks were called with. */
export interface Put {
  readonly pending: PendingRequest;
  /** `[result]` after a success, `[error]` after a failure, longer after an error in the pool. */
  readonly delivered: unknown[];
}

const NO_LIMITS: RequestLimits = {
  signal: undefined,
  timeoutMs: Infinity,
  queueTimeoutMs: Infinity,
  priority: 0,
  retries: 0,
  onProgress: undefined,
  foreign: "refuse",
};

/** The control of a request with these options. */
export function control(limits: Partial<RequestLimits>): RequestControl {
  return new RequestControl({ ...NO_LIMITS, ...limits });
}

/** A request that was not put. */
export function request(limits?: Partial<RequestLimits>, requestID?: RequestID): Put {
  const delivered: unknown[] = [];
  const work = new WorkRequest(
    echo,
    [],
    {},
    {
      requestID,
      callback: (_, result) => void delivered.push(result),
      excCallback: (_, [, error]) => void delivered.push(error),
    },
  );
  const pending = new CallbackRequest(work, 0, limits && control(limits));
  return { pending, delivered };
}

/** Puts a request. */
export function put(
  { queue }: { readonly queue: RequestQueue },
  args: readonly unknown[] = [],
  limits?: Partial<RequestLimits>,
): Put {
  const made = request(limits);
  queue.submit(made.pending, args, undefined);
  return made;
}

/** Puts several requests without arguments. */
export function putMany(parts: { readonly queue: RequestQueue }, count: number): Put[] {
  return Array.from({ length: count }, () => put(parts));
}

/** Delivers what has arrived. Returns "pending", or what a callback of the request got. */
export function outcome(
  { table }: { readonly table: RequestTable },
  { pending, delivered }: Put,
): unknown {
  table.deliverAll();
  return pending.outcome === "pending" ? "pending" : delivered[0];
}

/** The encoded arguments in a task. */
export function payloadIn({ tasks }: QueueRoom, task: number): Uint8Array {
  const { encoded, arrival } = tasks.payloadOf(task);
  const bytes = new Uint8Array(arrival.length);
  encoded.copyTo(bytes, 0);
  return bytes;
}

function echo(value?: unknown): unknown {
  return value;
}
