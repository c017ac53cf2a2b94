import {
  ResultReader,
  createResultRing,
  notePosted,
  stopsHeard,
} from "../../../native-queue/index.ts";
import type { QueueMemory, QueueViews } from "../../../native-queue/index.ts";
import { hasBecomeReady, hasRecycled, isOutOfBandMessage } from "../../protocol/index.ts";
import type {
  CallableMessage,
  CreditMessage,
  ForgetMessage,
  InitializerMessage,
  OutOfBandMessage,
  PortMessage,
  StopMessage,
  StopReasonMessage,
  WorkerInit,
} from "../../protocol/index.ts";
import {
  performanceNow,
  WeakMap,
  Bun,
  CORES,
  takeGlobals,
  workerThreads,
} from "../../runtime/index.ts";
import { outsideContexts } from "../event-loop/contexts.ts";
import type { StartError, Thread, Threads } from "./threads.ts";

/** The ring of a worker without a thread: nothing is ever published in it. */
const NO_RING = createResultRing(0);
/** How many messages are passed over in search of one: a worker that posts without end must not keep its parent reading. */
const MOST_PASSED_OVER = 4096;

// The package is being loaded, before the program has a pool.
takeGlobals();

/** By memory of a pool: the name of the channel by which its workers tell each other of shared buffers. */
const channelNames = new WeakMap<QueueMemory, string>();

function channelNameOf(memory: QueueMemory): string {
  let name = channelNames.get(memory);
  if (name === undefined) {
    // Another copy of the package may have pools in this process too.
    name = `ringpool ${String(performanceNow())} ${Math.random()}`;
    channelNames.set(memory, name);
  }
  return name;
}

/** The settings that all workers of a pool share. */
export interface WorkerSettings {
  readonly threads: Threads;
  /** The callables known so far. */
  readonly callables: readonly CallableMessage[];
  /** Whether the parent is woken for claims too, because it may wait for room in the queue. */
  readonly wakesForClaims: boolean;
  /** How many asynchronous callables a worker runs at a time. */
  readonly concurrency: number;
  /** What a worker runs before its first request. The array stays the same one, and may grow. */
  readonly initializers: InitializerMessage[];
  /** After so many requests a worker is recycled; Infinity for no limit. */
  readonly maxRequests: number;
  /** A worker with a larger heap is recycled, in bytes; Infinity for no limit. */
  readonly memoryLimitBytes: number;
  /** Modules that the worker loads before its initializer. */
  readonly preload: readonly string[];
}

/** What a channel tells of its worker's thread. Both are called by the event loop. */
export interface ChannelListener {
  /** The worker takes requests from now on. It may have been dismissed meanwhile. */
  ready(): void;
  /** The thread is gone. Called once. */
  closed(exitCode: number): void;
}

/**
 * The parent's end of one worker: its slot in the queue, its result ring, its message port, its thread.
 *
 * It also holds what the worker has said of itself, for the error that tells of its death.
 */
export class WorkerChannel {
  readonly slot: number;
  readonly workerId: number;
  readonly reader: ResultReader;
  readonly startedAt: number = performanceNow();
  /** The system's message when the worker failed; empty when there is none. */
  errorText = "";
  /** The error in the worker's results, after which no more of them is read; undefined while they make sense. */
  fault: unknown = undefined;
  /** The error of the worker's initializer, if that has failed. */
  initializerError: { readonly error: unknown } | undefined;
  /** The uncaught error that ended the worker, if there was one. */
  uncaughtError: unknown = undefined;
  /** Results read so far. */
  results = 0;
  readonly #views: QueueViews;
  readonly #settings: WorkerSettings;
  /** Undefined when the system has started none: see `startError`. */
  readonly #thread: Thread | undefined;
  /** Why there is no thread, or one that never begins; undefined when it was started. */
  startError: StartError | undefined;
  #stopsPosted = 0;

  /**
   * Starts the thread. It does nothing before `begin`. Where the system starts no more threads, or has no memory for one,
   * this does not throw: it says so in `startError`.
   */
  constructor(slot: number, workerId: number, views: QueueViews, settings: WorkerSettings) {
    this.slot = slot;
    this.workerId = workerId;
    this.#views = views;
    this.#settings = settings;
    const started = settings.threads.start(workerId);
    if ("error" in started) this.startError = started;
    else this.#thread = started;
    this.reader = new ResultReader(this.#thread?.ring ?? NO_RING);
  }

  /**
   * Lets the worker begin. It may claim a request at once, so it must have been posted everything before that a request
   * may refer to. Does nothing for a worker that could not be started.
   */
  begin(memory: QueueMemory, listener: ChannelListener): void {
    if (this.#thread === undefined) return;
    const { worker, workersPort } = this.#thread;
    try {
      const init = this.#init(memory, this.#thread);
      if (this.#settings.threads.inline === undefined)
        worker.postMessage(init, [workersPort] as never);
      else outsideContexts(() => worker.postMessage(init));
    } catch (error) {
      this.startError = { error };
      worker.terminate();
      return;
    }
    const tellWhenReady = (): void => {
      // The initializer's own messages come here too, so look at the phase.
      if (!this.isReady) return;
      worker.removeEventListener("message", tellWhenReady);
      listener.ready();
    };
    worker.addEventListener("message", tellWhenReady);
    worker.addEventListener("close", (event) => {
      // The slot may have another worker by now.
      worker.removeEventListener("message", tellWhenReady);
      listener.closed((event as Event & { code?: number }).code ?? 0);
    });
    worker.addEventListener("error", (event) => {
      // Once the worker runs it reports its errors itself. Until then this is the only report.
      event.preventDefault();
      this.errorText = event.message;
    });
  }

  #init(memory: QueueMemory, { ring, workersPort }: Thread): WorkerInit {
    const { callables, wakesForClaims, concurrency, initializers } = this.#settings;
    const { preload, maxRequests, memoryLimitBytes } = this.#settings;
    return {
      memory,
      ring,
      port: workersPort,
      slot: this.slot,
      workerId: this.workerId,
      mainPath: Bun.main,
      cores: CORES,
      channelName: channelNameOf(memory),
      callables,
      wakesForClaims,
      concurrency,
      preload,
      initializers,
      maxRequests,
      memoryLimitBytes,
    };
  }

  /** Posts to the worker's port and counts the message, because a worker reads its port only when the count has changed. */
  post(message: PortMessage, transferList: readonly Bun.Transferable[] = []): void {
    this.#thread?.port.postMessage(message, transferList as never);
    notePosted(this.#views, this.slot);
  }

  /** Posts why a run is to stop. Call it before the run is asked to stop; what cannot be posted is left out. */
  postStopReason(message: StopReasonMessage): void {
    try {
      this.post(message);
    } catch {
      // A part of the reason cannot be cloned. Without a reason the run sees an AbortError.
    }
  }

  /**
   * Posts a request to stop, for a callable that waits in the worker's event loop.
   *
   * @returns its number, for `hasHeardStop`
   */
  postStop(message: StopMessage): number {
    this.#stopsPosted += 1;
    this.#thread?.worker.postMessage(message);
    return this.#stopsPosted;
  }

  /** Tells the worker that the consumer of a stream has taken values. */
  postCredit(message: CreditMessage): void {
    this.#thread?.worker.postMessage(message);
  }

  /** Whether the worker's event loop has received the `postStop` of that number, and so all before it. */
  hasHeardStop(number: number): boolean {
    return stopsHeard(this.#views, this.slot) >= number;
  }

  /** Whether the worker has come so far that it takes requests. */
  get isReady(): boolean {
    return hasBecomeReady(this.#views, this.slot);
  }

  /** Whether the worker has ended because it reached a limit of its settings. Ask before its slot is used again. */
  get isRecycled(): boolean {
    return hasRecycled(this.#views, this.slot);
  }

  /** Tells the worker of a new callable. */
  define(message: CallableMessage): void {
    this.#thread?.worker.postMessage(message);
  }

  /** Tells the worker of callables that no request will name. */
  forget(message: ForgetMessage): void {
    this.#thread?.worker.postMessage(message);
  }

  /**
   * Takes the out-of-band message of a result; it was posted before the result was published. Messages before it on the
   * port belong to results that are not needed any more, and are passed over.
   */
  takeOutOfBand(task: number, generation: number): OutOfBandMessage | undefined {
    const port = this.#thread?.port;
    if (port === undefined) return undefined;
    for (let passed = 0; passed < MOST_PASSED_OVER; passed++) {
      const received = workerThreads().receiveMessageOnPort(port);
      if (received === undefined) return undefined;
      const message: unknown = received.message;
      if (
        isOutOfBandMessage(message) &&
        message.task === task &&
        message.generation === generation
      ) {
        return message;
      }
    }
    return undefined;
  }

  /** Whether the process does not end by itself while the thread is there. It may, unless this was called. */
  holdProcess(isHeld: boolean): void {
    // The type of browsers, which a program may have loaded, knows neither.
    const worker = this.#thread?.worker as { ref(): void; unref(): void } | undefined;
    if (isHeld) worker?.ref();
    else worker?.unref();
  }

  /** Ends the thread, whatever it does. `ChannelListener.closed` follows when it is gone. */
  terminate(): void {
    this.#thread?.worker.terminate();
  }

  closePort(): void {
    this.#thread?.port.close();
  }
}
