/**
 * The parent's end of one Bun worker: its slot in the queue, its result ring, its side channel.
 *
 * ```
 * running ──dismiss──▶ dismissed ──its end──▶ ended
 *    │ └────its end────────────────────────────▲
 *    └──kill──▶ killed ──the system says the thread is gone──┘
 * ```
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import {
  ResultReader,
  createResultRing,
  notePosted,
  stopsHeard,
} from "../../../native-queue/index.ts";
import type { QueueMemory, QueueViews } from "../../../native-queue/index.ts";
import type { CallableDefinition } from "../../callable/describe.ts";
import { ThreadPoolError } from "../../errors.ts";
import { hasBecomeReady, hasRecycled } from "../../protocol/worker-phase.ts";
import { isOutOfBandMessage } from "../../protocol/out-of-band.ts";
import type {
  CallableMessage,
  InitializerMessage,
  PortMessage,
  OutOfBandMessage,
  StopMessage,
  WorkerInit,
} from "../../protocol/flags.ts";

/** Results over an eighth of this travel in memory of their own. Committed by the system as it is touched. */
const RESULT_RING_BYTES = 1 << 20;

/** A worker that posts without end must not keep its parent reading. */
const MOST_PASSED = 4096;

export type ChannelState = "running" | "dismissed" | "killed" | "ended";

/** What is the same for all workers of a pool. */
export interface WorkerSettings {
  readonly name: string;
  readonly callables: readonly CallableDefinition[];
  readonly wakesForClaims: boolean;
  /** How many asynchronous callables a worker runs at a time. */
  readonly concurrency: number;
  readonly initializer: InitializerMessage | undefined;
  /** How many requests a worker does before another takes its place, Infinity for no limit. */
  readonly maxRequests: number;
  /** How large its heap may be, in bytes, before another takes its place; Infinity for no limit. */
  readonly memoryLimitBytes: number;
  /** The worker's environment; a copy of this process's when undefined. */
  readonly env: Readonly<Record<string, string>> | undefined;
}

/** What a channel needs to start its worker. */
export interface ChannelOptions extends WorkerSettings {
  readonly memory: QueueMemory;
  readonly views: QueueViews;
  readonly slot: number;
  readonly workerId: number;
  /** Called before the worker begins: it may claim a request at once, and has to have been told all that one needs. */
  readonly introduce: (channel: WorkerChannel) => void;
  /** Called by the event loop when the worker is ready for requests. */
  readonly onReady: () => void;
  /** Called once, when the system says that the thread is gone. */
  readonly onClose: (channel: WorkerChannel, exitCode: number) => void;
}

export class WorkerChannel {
  readonly slot: number;
  readonly workerId: number;
  readonly reader: ResultReader;
  readonly startedAt: number = performance.now();
  state: ChannelState = "running";
  /** What the system said when the worker failed, if it did. */
  errorText = "";
  /** Why nothing more is read of its results: they made no sense. */
  fault: unknown = undefined;
  /** Has it ended because it had done its share? */
  isRecycled = false;
  /** What its initializer threw, if it did. */
  initializerError: { readonly error: unknown } | undefined;
  /** The error that ended it, if that came while it ran a request. */
  uncaughtError: unknown = undefined;
  /** Results read so far. */
  results = 0;
  readonly #views: QueueViews;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  #stopsPosted = 0;

  constructor(options: ChannelOptions) {
    this.slot = options.slot;
    this.#views = options.views;
    this.workerId = options.workerId;
    const ring = createResultRing(RESULT_RING_BYTES);
    this.reader = new ResultReader(ring);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const init: WorkerInit = {
      memory: options.memory,
      ring,
      port: port2,
      slot: options.slot,
      workerId: options.workerId,
      cores: availableParallelism(),
      callables: options.callables,
      wakesForClaims: options.wakesForClaims,
      concurrency: options.concurrency,
      initializer: options.initializer,
      maxRequests: options.maxRequests,
      memoryLimitBytes: options.memoryLimitBytes,
    };
    this.#worker = new Worker(workerUrl(), {
      name: `${options.name}-${options.workerId}`,
      // The pool's own timer keeps the process alive while requests are pending.
      ref: false,
      ...(options.env === undefined ? {} : { env: { ...options.env } }),
    });
    const tellWhenReady = (): void => {
      // What its initializer posts comes here, too; and a slot whose worker has ended may have another by now.
      if (this.state !== "running" || !this.isReady) return;
      this.#worker.removeEventListener("message", tellWhenReady);
      options.onReady();
    };
    this.#worker.addEventListener("message", tellWhenReady);
    options.introduce(this);
    this.#worker.postMessage(init, [port2] as never);
    this.#worker.addEventListener("close", (event) => {
      options.onClose(this, (event as Event & { code?: number }).code ?? 0);
    });
    this.#worker.addEventListener("error", (event) => {
      // Once the worker runs it reports its errors itself; until then this is all that there is.
      event.preventDefault();
      this.errorText = event.message;
    });
  }

  /** Posts to the worker's port. Whoever is to read it finds the count changed: no worker looks into an empty port. */
  post(message: PortMessage, transferList: readonly Bun.Transferable[] = []): void {
    this.#port.postMessage(message, transferList as never);
    notePosted(this.#views, this.slot);
  }

  postStop(message: StopMessage): void {
    this.#stopsPosted += 1;
    this.#worker.postMessage(message);
  }

  /** Has the worker's event loop come to every `postStop`? */
  get hasHeardStops(): boolean {
    return stopsHeard(this.#views, this.slot) === this.#stopsPosted;
  }

  /** It has ended by itself, and its slot is still its own. */
  end(): void {
    this.state = "ended";
    this.isRecycled = hasRecycled(this.#views, this.slot);
  }

  /** Has it come so far that it takes requests? */
  get isReady(): boolean {
    return hasBecomeReady(this.#views, this.slot);
  }

  postCallable(message: CallableMessage): void {
    this.#worker.postMessage(message);
  }

  /**
   * The side message of a result; it was posted before the result was published. What else lies before it
   * on the port, such as messages of results that nobody wants any more, is passed over.
   */
  takeOutOfBand(task: number, generation: number): OutOfBandMessage | undefined {
    for (let passed = 0; passed < MOST_PASSED; passed++) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return undefined;
      const side: unknown = received.message;
      if (isOutOfBandMessage(side) && side.task === task && side.generation === generation)
        return side;
    }
    return undefined;
  }

  /** Ends the thread, whatever it does. Its end comes later, as `onClose`. */
  terminate(): void {
    this.state = "killed";
    this.#worker.terminate();
  }

  closePort(): void {
    this.#port.close();
  }
}

function workerUrl(): string {
  const url = new URL("../../worker/main.ts", import.meta.url);
  if (url.protocol === "file:" && !existsSync(fileURLToPath(url))) {
    throw new ThreadPoolError(
      `The worker's source is missing beside ringpool's own. If the program was bundled, mark ringpool as external: file=${fileURLToPath(url)}`,
    );
  }
  return url.href;
}
