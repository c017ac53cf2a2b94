import { generationOfTask, isStopRequested } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import { explainFailure } from "../callable/load.ts";
import { Promise, TypeError, describeValue, isThenable } from "../runtime/index.ts";
import type { StreamArgs } from "./stream-format.ts";

type AnyFunction = (...args: unknown[]) => unknown;
type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/** What wakes a run that waits for its consumer. */
export interface StreamWaker {
  /** The use of the task that the run belongs to. */
  readonly generation: number;
  /** The consumer has taken so many values more, or the run is to stop. */
  readonly wake: (credit: number) => void;
}

/** What the run of a stream needs of its worker. */
export interface StreamHost {
  readonly views: QueueViews;
  /** The task that was claimed last. */
  readonly taskAtHand: number;
  /** Sends a value of a task to the parent. Blocks while the result ring is full. */
  readonly report: (task: number, value: unknown, root?: string) => void;
  /** By task: what wakes the runs that wait. */
  readonly streams: Map<number, StreamWaker>;
}

/** The function that runs a generator for a request: its result is what the generator returns. */
export function streamRunner(callable: AnyFunction, host: StreamHost): AnyFunction {
  return (...args) => new StreamRun(callable, args as unknown as StreamArgs, host).run();
}

/**
 * One run of a generator.
 *
 * It takes the next value only while it has credit: the parent gives one for each value that the consumer has taken. Without
 * credit it waits in the event loop, so it burns no CPU. A run that is to stop ends its generator by `return()`, which runs its
 * `finally`.
 */
class StreamRun {
  readonly #callable: AnyFunction;
  readonly #args: readonly unknown[];
  readonly #host: StreamHost;
  readonly #task: number;
  #credit: number;
  #onWake: (() => void) | undefined;

  constructor(callable: AnyFunction, [buffer, ...args]: StreamArgs, host: StreamHost) {
    this.#callable = callable;
    this.#args = args;
    this.#credit = buffer;
    this.#host = host;
    this.#task = host.taskAtHand;
  }

  async run(): Promise<unknown> {
    const { views, streams } = this.#host;
    const generation = generationOfTask(views, this.#task);
    streams.set(this.#task, { generation, wake: this.#wake });
    try {
      return await this.#runToEnd(this.#open());
    } catch (error) {
      throw explainFailure(error, this.#callable);
    } finally {
      streams.delete(this.#task);
    }
  }

  #open(): AnyIterator {
    const made = this.#callable(...this.#args);
    if (isIterator(made)) return made;
    if (isAsyncIterable(made)) return made[Symbol.asyncIterator]();
    // A rejection is not lost, and does not end the worker.
    if (isThenable(made)) made.then(undefined, () => {});
    throw new TypeError(
      "pool.stream takes a generator: write function* or async function*, with yield for each value. For a function that returns " +
        `its result write pool.run(callable, args). callable=${describeValue(this.#callable)} returned=${describeValue(made)}`,
    );
  }

  async #runToEnd(iterator: AnyIterator): Promise<unknown> {
    for (;;) {
      if (isStopRequested(this.#host.views, this.#task)) return end(iterator);
      if (this.#credit === 0) {
        await this.#woken();
        continue;
      }
      const next = iterator.next();
      const step = isThenable(next) ? await next : next;
      if (step.done === true) return step.value;
      await this.#send(iterator, step.value);
    }
  }

  async #send(iterator: AnyIterator, yielded: unknown): Promise<void> {
    try {
      // As in a for await over a generator that yields promises.
      const value = isThenable(yielded) ? await yielded : yielded;
      this.#credit -= 1;
      this.#host.report(this.#task, value, "value");
    } catch (error) {
      await end(iterator);
      throw error;
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#onWake = resolve;
    });
  }

  readonly #wake = (credit: number): void => {
    this.#credit += credit;
    this.#onWake?.();
    this.#onWake = undefined;
  };
}

/** Ends a generator early: runs its `finally`. */
async function end(iterator: AnyIterator): Promise<unknown> {
  const step = await iterator.return?.();
  return step?.value;
}

/** Whether a value is what a generator function returns, or behaves so. An array is iterable and no iterator. */
function isIterator(value: unknown): value is AnyIterator {
  return (
    isObject(value) &&
    typeof value["next"] === "function" &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return isObject(value) && typeof value[Symbol.asyncIterator] === "function";
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}
