import type { MessagePort } from "node:worker_threads";
import type { QueueMemory } from "../../native-queue/index.ts";
import type { CallableDefinition, LoadableDefinition } from "../callable/load.ts";

/** The parts of a payload that bytes in the queue cannot carry. It is posted before the other side reads the task or frame. */
export interface OutOfBandMessage {
  readonly task: number;
  readonly generation: number;
  /** The whole payload, when it is too large for the queue. */
  readonly spill: SharedArrayBuffer | undefined;
  readonly spillBytes: number;
  /** What the encoded value only refers to: shared buffers, ports, Blobs, moved buffers. */
  readonly handles: readonly unknown[];
}

/** An out-of-band message from the parent to a worker. */
export interface PostedOutOfBandMessage {
  /** The position at which the task was put. */
  readonly position: number;
  readonly outOfBand: OutOfBandMessage;
}

/** Tells a worker that requests name this buffer by its number; without a buffer, that no request does so any more. */
export interface SharedBufferMessage {
  readonly id: number;
  readonly buffer: SharedArrayBuffer | undefined;
}

/**
 * Tells the worker that runs a task why the run is to stop. It is posted before the run is asked to stop in shared memory,
 * so a synchronous loop that sees that it is to stop finds the reason in the port.
 */
export interface StopReasonMessage {
  readonly stopReason: {
    readonly task: number;
    readonly generation: number;
    readonly encoded: Uint8Array;
    readonly handles: readonly unknown[];
  };
}

/** What the parent posts to a worker's port. The worker reads the port without its event loop. */
export type PortMessage = PostedOutOfBandMessage | SharedBufferMessage | StopReasonMessage;

/**
 * Tells a worker of a new callable. It comes as a message event, because loading a callable takes turns of the event
 * loop anyway.
 */
export interface CallableMessage {
  readonly id: number;
  readonly definition: CallableDefinition;
}

/**
 * Tells a worker of callables that no request will name any more. It comes in the same order with the definitions, so a
 * worker that has not heard of it has the callables still.
 */
export interface ForgetMessage {
  readonly forgotten: readonly number[];
}

/** Tells a worker that a run is to stop. It comes as a message event, for callables that wait in the event loop. */
export interface StopMessage {
  readonly stopTask: number;
  readonly generation: number;
}

/** Tells a worker that the consumer of a stream has taken values, so that its generator may yield so many more. */
export interface CreditMessage {
  readonly creditTask: number;
  readonly generation: number;
  readonly values: number;
}

/** The first message event of a worker: all that it needs to begin. */
export interface WorkerInit {
  readonly memory: QueueMemory;
  /** The memory of its result ring. */
  readonly ring: SharedArrayBuffer;
  readonly port: MessagePort;
  /** The worker's index in the queue. */
  readonly slot: number;
  readonly workerId: number;
  /** The path of the program's main module, which is no module of the worker. */
  readonly mainPath: string;
  /** How many cores the process may use. */
  readonly cores: number;
  /** The name of the BroadcastChannel by which the workers of the pool tell each other of shared buffers. */
  readonly channelName: string;
  /** The callables that are known so far. */
  readonly callables: readonly CallableMessage[];
  /** True when the parent may wait for room in the queue: the worker wakes it after claims too. */
  readonly wakesForClaims: boolean;
  /** How many asynchronous callables the worker runs at a time. */
  readonly concurrency: number;
  /** The modules that the worker loads before its initializer. */
  readonly preload: readonly string[];
  /** What the worker runs before its first request: the initializer, then broadcasts that later workers are to run too. */
  readonly initializers: readonly InitializerMessage[];
  /** The worker ends after so many requests, and a successor replaces it. Infinity for no limit. */
  readonly maxRequests: number;
  /** The worker ends when its heap is larger than so many bytes after a garbage collection. Infinity for no limit. */
  readonly memoryLimitBytes: number;
  /** Set for a worker that runs in the thread of its parent, where it must not block. */
  readonly sharedThread?: SharedThread;
}

/** What a worker in the thread of its parent needs of that thread. */
export interface SharedThread {
  /** Lets the parent read what the worker has published, and answer: nothing else would, while the worker holds the thread. */
  readonly letParentRead: () => void;
  /** Lets time limits end requests that are over them: no timer does while the worker holds the thread. */
  readonly lookAtClock: () => void;
  /** A turn of the event loop. A parent that blocks does not wait for it. */
  readonly turn: () => Promise<unknown>;
  /** Resolves as the promise of an unpark does, or earlier: when a parent that blocks finds work for the worker. */
  readonly untilUnparked: (unparked: Promise<unknown>) => Promise<unknown>;
  /** Calls a function in the next turn of the event loop, or before that when the parent blocks. */
  readonly post: (action: () => void) => void;
  /** A run is over. */
  readonly onRunEnded: () => void;
}

/** A callable and its arguments, as the parent's encoder has written them. */
export interface InitializerMessage {
  /** Another one after a reload. */
  definition: LoadableDefinition;
  readonly encodedArgs: Uint8Array;
  readonly handles: readonly unknown[];
}
