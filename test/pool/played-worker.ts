/**
 * Workers that a test plays on the main thread. Rings, gates, ports and channels are the real ones; the thread is
 * missing. So a test decides when a worker starts, claims, publishes and ends, and nothing happens in between.
 */
import { afterEach, beforeEach } from "bun:test";
import { receiveMessageOnPort } from "node:worker_threads";
import {
  QueueViews,
  ResultWriter,
  WorkerGate,
  announceEnd,
  announceStart,
  awaitWork,
  endSearch,
  generationOfTask,
  noteStart,
  noteStopHeard,
  parkEpoch,
  wakeParent,
} from "../../native-queue/index.ts";
import { Encoder } from "../../src/codec/objects.ts";
import { replaceable } from "../replaceable.ts";
import type { WorkerInit } from "../../src/protocol/index.ts";
import {
  FAILED,
  NO_TASK,
  SUCCEEDED,
  announceReady,
  announceRecycling,
} from "../../src/protocol/index.ts";

type Listener = (event: unknown) => void;

const encoder = new Encoder();
const NONE = new Uint8Array(0);

/** Stands in for `Worker`: it has no thread, and does what the test says. */
export class PlayedWorker {
  /** What was posted to the worker's event loop after its first message: callables, and requests to stop. */
  readonly received: unknown[] = [];
  isTerminated = false;
  /** Whether the process does not end by itself while the thread is there. */
  isHeld = false;
  readonly #listeners = new Map<string, Set<Listener>>();
  #init: WorkerInit | undefined;
  #views: QueueViews | undefined;
  #gate: WorkerGate | undefined;
  #writer: ResultWriter | undefined;

  // The half that a WorkerChannel uses.

  postMessage(message: unknown): void {
    if (this.#init !== undefined) {
      this.received.push(message);
      return;
    }
    this.#init = message as WorkerInit;
    const { memory, slot, ring, wakesForClaims } = this.#init;
    this.#views = new QueueViews(memory);
    this.#gate = new WorkerGate(this.#views, slot, wakesForClaims);
    this.#writer = new ResultWriter(ring);
  }

  addEventListener(name: string, listener: Listener): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
  }

  removeEventListener(name: string, listener: Listener): void {
    this.#listeners.get(name)?.delete(listener);
  }

  ref(): void {
    this.isHeld = true;
  }

  unref(): void {
    this.isHeld = false;
  }

  terminate(): void {
    this.isTerminated = true;
  }

  // The half that a test uses.

  /** What the worker was started with. */
  get init(): WorkerInit {
    if (this.#init === undefined) throw new Error("The worker was not told to begin.");
    return this.#init;
  }

  get slot(): number {
    return this.init.slot;
  }

  get views(): QueueViews {
    return this.#views as QueueViews;
  }

  get gate(): WorkerGate {
    return this.#gate as WorkerGate;
  }

  get writer(): ResultWriter {
    return this.#writer as ResultWriter;
  }

  /** How often the worker was woken, or told to look again, wrapping. */
  get wakeUps(): number {
    return parkEpoch(this.views, this.slot);
  }

  /** The thread runs our code, and does not take requests yet. */
  start(): void {
    announceStart(this.views, this.slot);
  }

  /** The worker takes requests from now on. The parent's event loop hears of it by `sayReady`. */
  becomeReady(): void {
    this.start();
    announceReady(this.views, this.slot);
  }

  sayReady(): void {
    this.#emit("message", { data: "ready" });
  }

  /** Claims the oldest request, and leaves the queue. Returns its task, or what `WorkerGate.claim` returns without one. */
  claim(): number {
    const task = this.gate.claim();
    this.gate.leave();
    return task;
  }

  /** Claims a request that must be there. */
  take(): number {
    const task = this.claim();
    if (task < 0) throw new Error(`There is no request to claim: claim=${task}`);
    return task;
  }

  /** Notes the start of a run that has a time limit. */
  begin(task: number): void {
    noteStart(this.views, task, performance.timeOrigin + performance.now());
  }

  /** Publishes a result, and wakes the parent if it sleeps. */
  succeed(task: number, value: unknown): void {
    this.publish(task, SUCCEEDED, encoded(value));
  }

  fail(task: number, error: unknown): void {
    this.publish(task, FAILED, encoded(error));
  }

  /** Finds nothing to do, and goes to sleep. The parent may unpark it. */
  sleep(): void {
    void awaitWork(this.gate, 0, 0);
  }

  /** Claims a request after a search. Wakes another worker if that is its part. */
  find(): number {
    const task = this.take();
    this.gate.tryEnter();
    endSearch(this.gate);
    this.gate.leave();
    return task;
  }

  /** Claims a request and returns its result. */
  serve(value: unknown): number {
    const task = this.take();
    this.succeed(task, value);
    return task;
  }

  /** Publishes a frame of any content. */
  publish(
    task: number,
    status: number,
    payload: Uint8Array = NONE,
    generation: number = task === NO_TASK ? 0 : generationOfTask(this.views, task),
  ): void {
    if (!this.gate.tryEnter()) return; // a killed worker publishes nothing
    const at = this.writer.tryReserve(payload.length);
    if (at < 0) throw new Error("The result ring is full.");
    this.writer.bytes.set(payload, at);
    this.writer.publish(task, generation, status, payload.length);
    wakeParent(this.views);
    this.gate.leave();
  }

  /** Posts a message to the parent's end of the port. */
  postToParent(message: unknown): void {
    this.init.port.postMessage(message);
  }

  /** The messages that the parent has posted to the port, and that were not read. */
  readPort(): unknown[] {
    const messages: unknown[] = [];
    for (;;) {
      const received = receiveMessageOnPort(this.init.port);
      if (received === undefined) return messages;
      messages.push(received.message);
    }
  }

  /** The event loop of the worker has come to one request to stop. */
  hearStop(): void {
    noteStopHeard(this.views, this.slot);
  }

  /** Says that the worker ends because it has reached a limit. */
  recycle(): void {
    announceRecycling(this.views, this.slot);
  }

  /** The worker's last act: announces its end in shared memory. */
  end(exitCode: number): void {
    announceEnd(this.views, this.slot, exitCode);
  }

  /** The system says that the thread is gone. */
  close(exitCode: number = 0): void {
    this.#emit("close", { code: exitCode });
  }

  /** The system says that the thread could not start. */
  reportError(message: string): void {
    this.#emit("error", { message, preventDefault: () => {} });
  }

  #emit(name: string, event: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(event);
  }
}

/** A value as a worker's encoder writes it. */
export function encoded(value: unknown): Uint8Array {
  const length = encoder.encode(value, "result");
  return encoder.bytes.slice(0, length);
}

/** While this exists, each `new Worker` makes a `PlayedWorker`. */
export class PlayedWorkers implements Disposable {
  /** In the order of their starts. */
  readonly started: PlayedWorker[];
  readonly #real = replaceable.Worker;

  constructor(started: PlayedWorker[] = []) {
    this.started = started;
    replaceable.Worker = class extends PlayedWorker {
      constructor() {
        super();
        started.push(this);
      }
    } as unknown as typeof Worker;
  }

  [Symbol.dispose](): void {
    replaceable.Worker = this.#real;
  }
}

/**
 * In each test of the file, or of the `describe` that calls this, each `new Worker` makes a `PlayedWorker`. Returns those
 * of the present test, in the order of their starts.
 */
export function playWorkers(): PlayedWorker[] {
  const played: PlayedWorker[] = [];
  let workers: PlayedWorkers;
  beforeEach(() => {
    played.length = 0;
    workers = new PlayedWorkers(played);
  });
  afterEach(() => workers[Symbol.dispose]());
  return played;
}
