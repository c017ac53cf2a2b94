import { describe, expect, test } from "bun:test";
import {
  ResultReader,
  ResultWriter,
  claim,
  createResultRing,
  generationOfTask,
  parkEpoch,
} from "../../../native-queue/index.ts";
import { NUMBER_BYTES } from "../../../src/codec/index.ts";
import { TASKS } from "../../../src/pool/queue/task-table.ts";
import type { WorkerChannel } from "../../../src/pool/queue/worker-channel.ts";
import { FAILED, PROGRESS, RESULT_IS_NUMBER, SUCCEEDED } from "../../../src/protocol/index.ts";
import { QueueParts } from "./parts.ts";

const NO_STATUS = 0;
const RING_BYTES = 1024;

/** The parent's ends of the queues, and workers that write into their rings what a test wants. */
class Scene extends QueueParts {
  readonly first: Writer = new Writer(this, 0);
  readonly second: Writer = new Writer(this, 1);

  constructor() {
    super();
    for (const { channel } of [this.first, this.second]) this.channels.add(channel);
  }
}

class Writer {
  readonly channel: WorkerChannel;
  readonly #parts: QueueParts;
  readonly #writer: ResultWriter;

  constructor(parts: QueueParts, slot: number) {
    const ring = createResultRing(RING_BYTES);
    const reader = new ResultReader(ring);
    this.channel = { slot, workerId: slot + 1, reader, results: 0 } as unknown as WorkerChannel;
    this.#parts = parts;
    this.#writer = new ResultWriter(ring);
  }

  claim(): number {
    return claim(this.#parts.channels.views, this.channel.slot);
  }

  /** Publishes an empty frame. */
  publish(task: number, status: number): void {
    this.#writer.tryReserve(0);
    this.#writer.publish(task, generationOfTask(this.#parts.channels.views, task), status, 0);
  }

  /** Publishes a number that a callable reports. */
  report(task: number, value: number): void {
    const at = this.#writer.tryReserve(NUMBER_BYTES);
    this.#writer.floats[at / NUMBER_BYTES] = value;
    const generation = generationOfTask(this.#parts.channels.views, task);
    this.#writer.publish(task, generation, PROGRESS | RESULT_IS_NUMBER, NUMBER_BYTES);
  }

  /** Says that there is no space for the next frame. */
  wantSpace(): void {
    this.#writer.wantSpace();
  }
}

describe("a worker's results", () => {
  test("are not read on after one that makes no sense, however often they are looked at", () => {
    const scene = new Scene();
    const { first, table, collector } = scene;
    const pending = [scene.submit(1), scene.submit(2)];
    const tasks = pending.map(() => first.claim());
    first.publish(tasks[0] as number, NO_STATUS);
    first.publish(tasks[1] as number, FAILED);
    for (let look = 0; look < 2; look++) expect(collector.readResults(first.channel)).toBe(false);
    expect(first.channel.fault).toMatchObject({ message: expect.stringContaining("status=0") });
    expect(pending.map(({ outcome }) => outcome)).toEqual(["pending", "pending"]);
    expect(table.size).toBe(2);
  });

  test("may name no task of another worker", () => {
    const scene = new Scene();
    const { first, second, collector } = scene;
    const [own, others] = [scene.submit(1), scene.submit(2)];
    const tasks = [first.claim(), second.claim()] as const;
    first.publish(tasks[1], SUCCEEDED);
    expect(collector.readResults(first.channel)).toBe(false);
    expect([own.outcome, others.outcome]).toEqual(["pending", "pending"]);
  });

  test("make their task free for another request when they are read, however many come", () => {
    const scene = new Scene();
    const { first, collector, tasks } = scene;
    for (let i = 0; i < 2 * TASKS; i++) {
      expect(tasks.hasRoom).toBe(true);
      scene.submit(i);
      first.publish(first.claim(), FAILED);
      expect(collector.readResults(first.channel)).toBe(true);
      expect(tasks.inUse).toBe(0);
    }
  });

  test("wake the worker when they are read, if it waits for space, and not otherwise", () => {
    const scene = new Scene();
    const { first, collector, channels } = scene;
    for (const waits of [false, true]) {
      scene.submit(1);
      first.publish(first.claim(), FAILED);
      if (waits) first.wantSpace();
      const parkedAt = parkEpoch(channels.views, first.channel.slot);
      expect(collector.readResults(first.channel)).toBe(true);
      expect(parkEpoch(channels.views, first.channel.slot) !== parkedAt).toBe(waits);
    }
  });

  test("bring what a run reports, and no more once its request has an outcome", () => {
    const scene = new Scene();
    const { first, collector, table } = scene;
    const pending = scene.submit(1);
    const task = first.claim();
    first.report(task, 5);
    expect(collector.readResults(first.channel)).toBe(true);
    expect([table.deliverNext(), table.hasArrived]).toEqual([true, false]);
    table.settle(pending, "cancelled", "stopped");
    first.report(task, 6);
    expect(collector.readResults(first.channel)).toBe(true);
    expect([table.deliverNext(), table.hasArrived]).toEqual([true, false]);
    expect(table.cancelled).toBe(1);
  });
});
