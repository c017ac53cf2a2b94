import type { MessagePort } from "node:worker_threads";
import { createResultRing } from "../../../native-queue/index.ts";
import type { InlineWorkers } from "../../inline/index.ts";
import { Map, MessageChannel, WORKER_DATA, Worker } from "../../runtime/index.ts";
import { workerScriptURL } from "./worker-script.ts";

/** The size of a result ring. Results over an eighth of it are spilled. The system commits the memory as it is touched. */
const RESULT_RING_BYTES = 1 << 20;

/** What every thread of a pool is started with. */
export interface ThreadSettings {
  /** The name of the pool. */
  readonly name: string;
  /** The worker's environment; a copy of this process's when undefined. */
  readonly env: Readonly<Record<string, string>> | undefined;
  /** The worker's `process.argv` from the third on. */
  readonly argv: readonly string[];
  /** Whether the worker's heap is kept small. */
  readonly smol: boolean;
}

type InlineThread = ReturnType<InlineWorkers["create"]>;

/** A thread, and the two ends of its message port. */
export interface Thread {
  readonly worker: Worker | InlineThread;
  readonly ring: SharedArrayBuffer;
  readonly port: MessagePort;
  readonly workersPort: MessagePort;
}

/** The system has started no thread. */
export interface StartError {
  readonly error: unknown;
}

/**
 * Starts the threads of a pool's workers, by their workerId.
 *
 * A thread loads its code and then waits for its first message. So the first ones can be started before there is anything
 * that they will work with, and load while the parent loads the rest of its own code.
 */
export class Threads {
  readonly #settings: ThreadSettings;
  readonly #ahead: Map<number, Worker | StartError> = new Map();
  /** Makes what takes the place of threads; undefined to start threads. */
  inline: InlineWorkers | undefined;

  constructor(settings: ThreadSettings) {
    this.#settings = settings;
  }

  /** Starts the threads of the first workers. A start that fails ends this early, and is told by `start`. */
  startAhead(workers: number): void {
    for (let workerId = 1; workerId <= workers; workerId++) {
      const worker = this.#worker(workerId);
      this.#ahead.set(workerId, worker);
      if ("error" in worker) return;
    }
  }

  /** Ends what `startAhead` has started and nobody has taken. */
  endAhead(): void {
    for (const worker of this.#ahead.values()) if (!("error" in worker)) worker.terminate();
    this.#ahead.clear();
  }

  /** The thread of a worker. Where the system starts no more threads, or has no memory for one, it says so and does not throw. */
  start(workerId: number): Thread | StartError {
    const worker = this.inline?.create() ?? this.#ahead.get(workerId) ?? this.#worker(workerId);
    this.#ahead.delete(workerId);
    if ("error" in worker) return worker;
    try {
      const ring = createResultRing(RESULT_RING_BYTES);
      const { port1, port2 } = new MessageChannel();
      return { worker, ring, port: port1, workersPort: port2 };
    } catch (error) {
      worker.terminate();
      return { error };
    }
  }

  #worker(workerId: number): Worker | StartError {
    const { name, env, argv, smol } = this.#settings;
    // Bun reads inherited options too, so they must not inherit what a program may have added to Object.prototype.
    const options: WorkerOptions & { __proto__: null; workerData: string } = {
      __proto__: null,
      name: `${name}-${workerId}`,
      // The pool's own timer keeps the process alive while requests are pending.
      ref: false,
      argv: [...argv],
      workerData: WORKER_DATA,
      ...(smol ? { smol } : {}),
      ...(env === undefined ? {} : { env: { ...env } }),
    };
    try {
      return new Worker(workerScriptURL(), options);
    } catch (error) {
      return { error };
    }
  }
}
