/*
 * Every error class of ringpool. Callers test `instanceof` and read fields; they never need to match a message.
 *
 * `name` is a property of each prototype, as with the built-in errors. So it survives minification, is no own property
 * of an error, and can be overwritten on an instance.
 */

/**
 * Names a class of ringpool on its prototype, in every copy of the package. A program that is bundled has one, and the
 * workers of its pools another. `src/codec/error-codec.ts` reads it.
 */
const CLASS = Symbol.for("ringpool.errorClass");

/**
 * The base class of all errors that ringpool itself throws. It tells the pool's own trouble from errors that a callable
 * throws.
 *
 * Thrown as such for wrong use that no subclass names: a pool is constructed inside a worker, a request that has failed
 * is put again, a worker is joined that was not dismissed, `taskContext` is read by what a run has left
 * behind.
 *
 * @param message what happened, and what to do about it
 * @param options `cause`: the error that led to this one
 * @example
 * ```ts
 * try {
 *   pool.runSync(fib, [40]);
 * } catch (error) {
 *   if (error instanceof ThreadPoolError) console.error("the pool failed", error);
 *   else throw error; // what fib threw
 * }
 * ```
 */
export class ThreadPoolError extends Error {
  static {
    setName(this, "ThreadPoolError");
  }
}

/** Thrown by `poll` when no request is pending: every request that was put has been delivered. */
export class NoResultsPending extends ThreadPoolError {
  static {
    setName(this, "NoResultsPending");
  }
}

/**
 * Requests are pending, and no worker is left or coming that could deliver one. Add workers with `createWorkers`.
 *
 * Thrown by `poll`, `wait`, `runSync`, and a `putRequest` that would wait for room for ever; a promise of `run` is
 * rejected with it at the next turn of the event loop.
 */
export class NoWorkersAvailable extends ThreadPoolError {
  static {
    setName(this, "NoWorkersAvailable");
  }
}

/**
 * The request queue is full. Wait for results, or raise `qSize`.
 *
 * Thrown by `putRequest` that may not block or whose `timeoutMs` has passed, and by every put when `rejectionPolicy` is
 * `"throw"`. With `"discardOldest"` it is the outcome of the request that was discarded.
 */
export class QueueFull extends ThreadPoolError {
  static {
    setName(this, "QueueFull");
  }
}

/**
 * A request with the same `requestID` is pending. Give the new one another `requestID`, or wait for the pending one.
 *
 * Thrown by `putRequest`; the pending request is not affected.
 */
export class DuplicateRequest extends ThreadPoolError {
  static {
    setName(this, "DuplicateRequest");
  }
}

/**
 * A worker cannot call this callable. Export it from a module, or name it with `fromModule`.
 *
 * Thrown by every put for what is no function, and for native and bound functions, classes, and functions whose source
 * means nothing outside their module, class or object. It is the outcome of a request whose module does not export what
 * was named.
 */
export class CallableError extends ThreadPoolError {
  static {
    setName(this, "CallableError");
  }
}

/** Options of a `PayloadError`. */
export interface PayloadErrorOptions extends ErrorOptions {
  /** Which part of the value cannot cross; empty (the default) for bytes that cannot be read. */
  path?: string;
}

/**
 * A value cannot cross between threads, or bytes cannot be read as a value.
 *
 * Thrown by every put for arguments that cannot cross, before anything is queued or transferred: the arguments are as
 * they were. It is the outcome of a request whose result cannot cross.
 */
export class PayloadError extends ThreadPoolError {
  static {
    setName(this, "PayloadError");
  }

  /** Which part of the value cannot cross, such as `args[0].user.onClick`; empty for bytes that cannot be read. */
  readonly path: string;

  /**
   * @param message what cannot cross, and what to pass instead
   * @param options `path`, and `cause`: for example what a getter threw
   */
  constructor(message?: string, options: PayloadErrorOptions = {}) {
    const { path = "", ...rest } = options;
    super(message, rest);
    this.path = path;
  }
}

/** Options of a `WorkerDied`. */
export interface WorkerDiedOptions extends ErrorOptions {
  /** The `id` of the worker that died. */
  workerId: number;
  /** The worker's exit code; null (the default) when there is none. */
  exitCode?: number | null;
}

/**
 * The worker ended while it ran the request: it was killed, or the callable ended it, for example by `process.exit()`.
 *
 * It is the outcome of that request, unless `retries` lets the request run again. It is also the `cause` of a
 * `PoolClosed` when workers end again and again before they are ready.
 */
export class WorkerDied extends ThreadPoolError {
  static {
    setName(this, "WorkerDied");
  }

  /** The `id` of the worker that died. */
  readonly workerId: number;
  /**
   * The worker's exit code, null when there is none. Bun does not always report the code that the worker ended with.
   */
  readonly exitCode: number | null;

  /**
   * @param message what happened, and what to do about it
   * @param options `workerId`, `exitCode`, and `cause`: the error that ended the worker, if it is known
   */
  constructor(message: string, options: WorkerDiedOptions) {
    const { workerId, exitCode = null, ...rest } = options;
    super(message, rest);
    this.workerId = workerId;
    this.exitCode = exitCode;
  }
}

/**
 * The request ran for longer than its `timeoutMs`, or waited in the queue for longer than its `queueTimeoutMs`, both in
 * milliseconds. It is the outcome of that request.
 */
export class RequestTimeout extends ThreadPoolError {
  static {
    setName(this, "RequestTimeout");
  }
}

/**
 * The pool is closed, was terminated, or has failed. It takes no more requests.
 *
 * Thrown by every put into such a pool, and the outcome of the requests that were pending when it was terminated, when
 * it failed, or when `close` reached its `timeoutMs`. The `cause` is what made a pool fail, such as the error that an
 * initializer threw.
 */
export class PoolClosed extends ThreadPoolError {
  static {
    setName(this, "PoolClosed");
  }
}

function setName(constructor: { prototype: Error }, name: string): void {
  Object.defineProperty(constructor.prototype, CLASS, { value: name });
  Object.defineProperty(constructor.prototype, "name", {
    value: name,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}
