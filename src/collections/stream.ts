import {
  FinalizationRegistry,
  Promise,
  TypeError,
  promiseWithResolvers,
} from "../runtime/index.ts";

/** The run of a generator as its stream sees it. */
export interface StreamRunHandle {
  /** Lets the generator yield so many values more. */
  credit: (values: number) => void;
  /** Asks the generator to end, and runs its `finally`. Its outcome follows. */
  end: () => void;
  /** Whether the consumer waits for a value: then the process does not end by itself. */
  setAwaited: (isAwaited: boolean) => void;
}

/** What happens to a stream. */
export interface StreamListener {
  /** The generator has yielded a value. */
  reported: (value: unknown) => void;
  /** The run is over. */
  settled: (outcome: "succeeded" | "failed" | "cancelled", value: unknown) => void;
}

/** Puts the request. Throws as `run` rejects. */
export type PutStream = (listener: StreamListener) => StreamRunHandle;

type Step = IteratorResult<unknown, unknown>;

/** A call of `next`. It holds its stream, which counts as dropped otherwise when the program holds only the promise. */
type Waiting = PromiseWithResolvers<Step> & { readonly stream: object };

/**
 * What has come of a stream and was not taken yet. The pool holds it while the run is pending, and it holds the stream not: so
 * a stream that the program has dropped can be noticed.
 *
 * ```
 * new ──first next()──▶ running ──settled──▶ over
 *  └──return()──▶ over     └──return()──▶ ending ──settled──▶ over
 * ```
 */
export class StreamFeed implements StreamListener {
  #put: PutStream | undefined;
  #run: StreamRunHandle | undefined;
  readonly #buffer: number;
  #values: unknown[] = [];
  #firstValue = 0;
  /** Calls of `next` that wait, oldest first. */
  readonly #waiting: Waiting[] = [];
  #state: "new" | "running" | "ending" | "over" = "new";
  /** How the run has ended, until the consumer knows. */
  #outcome: { readonly isFailure: boolean; readonly value: unknown } | undefined;
  readonly #ended = promiseWithResolvers<void>();
  /** Values that were taken and are not told to the worker. */
  #taken = 0;

  constructor(put: PutStream, buffer: number) {
    this.#put = put;
    this.#buffer = buffer;
    // A failure that the consumer of return() does not wait for is told by it alone.
    this.#ended.promise.catch(() => {});
  }

  /** Whether the run goes on, or waits. */
  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** @param stream is not collected while it waits */
  next(stream: object): Promise<Step> {
    if (this.#state === "new") {
      this.#state = "running";
      try {
        this.#run = (this.#put as PutStream)(this);
      } catch (error) {
        this.#state = "over";
        return Promise.reject(error);
      } finally {
        this.#put = undefined;
      }
    }
    if (this.#firstValue < this.#values.length) return Promise.resolve(this.#take());
    if (this.#state !== "running") return this.#last();
    const waiting = { ...promiseWithResolvers<Step>(), stream };
    this.#waiting.push(waiting);
    this.#run?.setAwaited(true);
    return waiting.promise;
  }

  /** Ends the generator early. Resolves when its `finally` has run; rejects with what that throws. */
  async end(value: unknown): Promise<Step> {
    this.#drop();
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(done(undefined));
    if (this.#state === "new") this.#state = "over";
    if (this.#state === "running") {
      this.#state = "ending";
      this.#run?.setAwaited(true);
      this.#run?.end();
    }
    if (this.#state === "ending") await this.#ended.promise;
    this.#outcome = undefined;
    return done(value);
  }

  readonly reported = (value: unknown): void => {
    if (this.#state !== "running") return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#values.push(value);
      return;
    }
    if (this.#waiting.length === 0) this.#run?.setAwaited(false);
    this.#noteTaken();
    waiting.resolve({ done: false, value });
  };

  readonly settled = (outcome: "succeeded" | "failed" | "cancelled", value: unknown): void => {
    const wasEnding = this.#state === "ending";
    this.#state = "over";
    this.#run = undefined;
    if (wasEnding) {
      this.#tellEnding(outcome, value);
      return;
    }
    // An abort is told at once, whatever has come before it.
    if (outcome === "cancelled") this.#drop();
    this.#outcome = { isFailure: outcome !== "succeeded", value };
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(this.#last());
  };

  /** A run that was asked to end and was ended by force, or whose pool was closed, has ended: that is what was wanted. */
  #tellEnding(outcome: "succeeded" | "failed" | "cancelled", value: unknown): void {
    if (outcome === "failed" && !isEndByForce(value)) this.#ended.reject(value);
    else this.#ended.resolve();
  }

  #take(): Step {
    const value = this.#values[this.#firstValue];
    this.#values[this.#firstValue] = undefined;
    this.#firstValue += 1;
    if (this.#firstValue === this.#values.length) this.#drop();
    this.#noteTaken();
    return { done: false, value };
  }

  /** The worker is told in parts of half the buffer, because a message costs more than a value. */
  #noteTaken(): void {
    this.#taken += 1;
    if (2 * this.#taken < this.#buffer || this.#state !== "running") return;
    this.#run?.credit(this.#taken);
    this.#taken = 0;
  }

  #last(): Promise<Step> {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    if (outcome === undefined) return Promise.resolve(done(undefined));
    return outcome.isFailure ? Promise.reject(outcome.value) : Promise.resolve(done(outcome.value));
  }

  #drop(): void {
    this.#values = [];
    this.#firstValue = 0;
  }
}

/** Whether the name is that of an error of the pool itself, not of the generator. */
function isEndByForce(error: unknown): boolean {
  const name = (error as { readonly name?: unknown } | undefined)?.name;
  return name === "WorkerDied" || name === "PoolClosed";
}

function done(value: unknown): Step {
  return { done: true, value };
}

/**
 * What a generator yields in a worker, one value after the other.
 *
 * The generator begins with the first `next()`. It runs ahead of the consumer by as many values as the option `buffer` says, and
 * waits then; while it waits, it keeps its worker and burns no CPU. A stream is iterated once. To leave the loop, and
 * `return()`, end the generator: its `finally` runs in the worker.
 */
export class ResultStream<T, R = void> {
  readonly #feed: StreamFeed;
  #isIterated = false;

  /** Made by `ThreadPool.stream`. */
  constructor(feed: StreamFeed) {
    this.#feed = feed;
    dropped.register(this, feed);
  }

  /** @throws TypeError at the second time */
  [Symbol.asyncIterator](): this {
    if (this.#isIterated) {
      throw new TypeError(
        "A stream is iterated once, and its values are not kept. Call pool.stream again for another run of the generator, or collect " +
          "the values: const values = await Array.fromAsync(stream)",
      );
    }
    this.#isIterated = true;
    return this;
  }

  /** The next value; at the end what the generator has returned. Rejects with its error. */
  next(): Promise<IteratorResult<T, R | undefined>> {
    return this.#feed.next(this) as Promise<IteratorResult<T, R | undefined>>;
  }

  /** Ends the generator early. Resolves when its `finally` has run in the worker; rejects with what that throws. */
  return(value?: R): Promise<IteratorResult<T, R | undefined>> {
    return this.#feed.end(value) as Promise<IteratorResult<T, R | undefined>>;
  }

  /** `await using stream`: as `return`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

const dropped = new FinalizationRegistry<StreamFeed>((feed) => {
  if (!feed.isRunning) return;
  onDropped();
  feed.end(undefined).catch(() => {});
});

let onDropped: () => void = () => {};

/** Names what is called when the program has dropped a stream before its end. */
export function whenDropped(call: () => void): void {
  onDropped = call;
}
