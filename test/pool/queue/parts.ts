/** The parent's ends of the queues as a pool wires them, without workers. */
import { createQueueMemory } from "../../../native-queue/index.ts";
import { Turns } from "../../../src/pool/event-loop/turns.ts";
import { PoolEvents } from "../../../src/pool/events.ts";
import { ChannelSet } from "../../../src/pool/queue/channel-set.ts";
import { RequestQueue } from "../../../src/pool/queue/request-queue.ts";
import type { QueueBounds } from "../../../src/pool/queue/request-queue.ts";
import { ResultCollector } from "../../../src/pool/queue/result-collector.ts";
import { ARENA_BYTES, TASKS, TaskTable } from "../../../src/pool/queue/task-table.ts";
import type { WorkerChannel } from "../../../src/pool/queue/worker-channel.ts";
import { Latency } from "../../../src/pool/request/latency.ts";
import { CallbackRequest } from "../../../src/pool/request/pending-request.ts";
import type { PendingRequest } from "../../../src/pool/request/pending-request.ts";
import { RequestTable } from "../../../src/pool/request/request-table.ts";
import { WorkRequest } from "../../../src/pool/request/work-request.ts";
import type { PortMessage } from "../../../src/protocol/index.ts";
import { echo } from "../fixtures/tasks.ts";

export class QueueParts {
  readonly channels: ChannelSet = new ChannelSet(createQueueMemory(TASKS, ARENA_BYTES));
  readonly tasks: TaskTable = new TaskTable(this.channels);
  readonly table: RequestTable;
  readonly queue: RequestQueue;
  readonly collector: ResultCollector;

  constructor(bounds: QueueBounds = { qSize: 0, resqSize: 0 }) {
    const { channels, tasks } = this;
    const [turns, events, latency] = [new Turns(), new PoolEvents(), new Latency()];
    this.table = new RequestTable(turns, events);
    const parts = { tasks, channels, table: this.table, turns, events };
    this.queue = new RequestQueue(parts, bounds);
    this.collector = new ResultCollector({ ...parts, latency, queue: this.queue });
  }

  /** Puts a request of one argument. */
  submit(value: unknown): PendingRequest {
    const pending = newPending(value);
    this.queue.submit(pending, [value], undefined, 0);
    return pending;
  }
}

export function newPending(value: unknown): PendingRequest {
  return new CallbackRequest(new WorkRequest(echo, [value]), 0, undefined);
}

/** As much of a worker as a queue sees: its slot, and what was posted to it. */
export function fakeChannel(slot: number): WorkerChannel & { readonly posted: PortMessage[] } {
  const posted: PortMessage[] = [];
  const post = (message: PortMessage): void => void posted.push(message);
  return { slot, posted, post } as unknown as WorkerChannel & { readonly posted: PortMessage[] };
}
