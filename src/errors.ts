/**
 * Every error class of ringpool, so that callers test `instanceof` and read fields and
 * never match a message.
 *
 * `name` sits on each prototype, like on the built-in errors: it survives minification,
 * costs no own property, and can be overwritten on an instance.
 */

/**
 * The base of all errors that the pool itself throws: `catch (error) { if (error instanceof
 * ThreadPoolError) … }` tells the pool's trouble from the callable's.
 *
 * @param message what happened and what to do about it
 * @param options `cause`, the error behind this one
 */
export class ThreadPoolError extends Error {
  static {
    setName(this, "ThreadPoolError");
  }
}

/** `poll` found nothing pending: every request that was put has been delivered. */
export class NoResultsPending extends ThreadPoolError {
  static {
    setName(this, "NoResultsPending");
  }
}

/** Requests are pending, and no worker is left that could deliver one: create workers. */
export class NoWorkersAvailable extends ThreadPoolError {
  static {
    setName(this, "NoWorkersAvailable");
  }
}

/** The request queue stayed full: wait, raise `qSize`, or collect results first. */
export class QueueFull extends ThreadPoolError {
  static {
    setName(this, "QueueFull");
  }
}

/** A request with this requestID is still pending: use another one, or wait for that one. */
export class DuplicateRequest extends ThreadPoolError {
  static {
    setName(this, "DuplicateRequest");
  }
}

/** The callable cannot be found again in a worker: export it, or use `fromModule`. */
export class CallableError extends ThreadPoolError {
  static {
    setName(this, "CallableError");
  }
}

/** What a `PayloadError` says beside its message. */
export interface PayloadErrorOptions extends ErrorOptions {
  /** where in the value the trouble is; empty (the default) when no value is at hand */
  path?: string;
}

/**
 * A value cannot cross between threads, or bytes cannot be read as a value.
 *
 * Thrown before anything is queued or transferred: the value is as it was.
 *
 * @param message what cannot cross and what to pass instead
 * @param options `path` and `cause`, such as what a getter threw
 */
export class PayloadError extends ThreadPoolError {
  static {
    setName(this, "PayloadError");
  }

  /** The place in the value, such as `args[0].user.onClick`; empty for unreadable bytes. */
  readonly path: string;

  constructor(message?: string, options: PayloadErrorOptions = {}) {
    const { path = "", ...rest } = options;
    super(message, rest);
    this.path = path;
  }
}

/** What a `WorkerDied` says beside its message. */
export interface WorkerDiedOptions extends ErrorOptions {
  /** the `id` of the worker that died */
  workerId: number;
  /** its exit code; null (the default) when it left none */
  exitCode?: number | null;
}

/**
 * The worker ended in the middle of the request: it was killed, or the callable ended it.
 *
 * @param message what happened and what to do about it
 * @param options `workerId`, `exitCode`, and `cause`: the error that ended the worker, if known
 */
export class WorkerDied extends ThreadPoolError {
  static {
    setName(this, "WorkerDied");
  }

  /** The `id` of the worker that died. */
  readonly workerId: number;
  /** Its exit code, null when it left none; Bun's codes are not reliable. */
  readonly exitCode: number | null;

  constructor(message: string, options: WorkerDiedOptions) {
    const { workerId, exitCode = null, ...rest } = options;
    super(message, rest);
    this.workerId = workerId;
    this.exitCode = exitCode;
  }
}

/** The request ran past `timeoutMs`, or waited past `queueTimeoutMs`. */
export class RequestTimeout extends ThreadPoolError {
  static {
    setName(this, "RequestTimeout");
  }
}

/** The pool is closed or terminated: it takes no request, and has dropped those pending. */
export class PoolClosed extends ThreadPoolError {
  static {
    setName(this, "PoolClosed");
  }
}

function setName(constructor: { prototype: Error }, name: string): void {
  Object.defineProperty(constructor.prototype, "name", {
    value: name,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}
