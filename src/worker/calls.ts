import { NOBODY_HOLDS, TASK_INLINE, TASK_LENGTH, noteHolder } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import { explainFailure } from "../callable/load.ts";
import { NUMBER_BYTES, isInteger32, readNumbers } from "../codec/index.ts";
import { NUMBERS } from "../protocol/index.ts";
import type { OutOfBandMessage } from "../protocol/index.ts";
import { isThenable } from "../runtime/index.ts";
import type { ActiveRuns } from "./active-runs.ts";
import type { ArgumentReader } from "./arguments.ts";
import type { LoadedCallable } from "./loaded-callables.ts";
import type { Outbox } from "./outbox.ts";
import type { Responder } from "./responder.ts";

/** The parts that the calls are built from. */
export interface CallsParts {
  readonly views: QueueViews;
  readonly slot: number;
  /** Whether several runs share the thread. */
  readonly isShared: boolean;
  readonly arguments: ArgumentReader;
  readonly activeRuns: ActiveRuns;
  readonly responder: Responder;
  readonly outbox: Outbox;
  /** Called when the outcome of a task is published. */
  readonly onEnd: (task: number) => void;
}

/** Calls the callables of claimed requests, and sends to the parent what comes of them. */
export class Calls {
  readonly #views: QueueViews;
  readonly #slot: number;
  readonly #isShared: boolean;
  readonly #arguments: ArgumentReader;
  readonly #activeRuns: ActiveRuns;
  readonly #responder: Responder;
  readonly #outbox: Outbox;
  readonly #onEnd: (task: number) => void;

  constructor(parts: CallsParts) {
    this.#views = parts.views;
    this.#slot = parts.slot;
    this.#isShared = parts.isShared;
    this.#arguments = parts.arguments;
    this.#activeRuns = parts.activeRuns;
    this.#responder = parts.responder;
    this.#outbox = parts.outbox;
    this.#onEnd = parts.onEnd;
  }

  /**
   * The same as `start` for a task without flags but `IS_TIMED`, whose payload lies in the queue, while runs are not marked, in one function: the fewer functions a short
   * request enters, the sooner the engine has compiled them.
   *
   * @param first the first word of the task
   * @param flags `NUMBERS` or `IN_BAND`
   * @param isTimed whether the task is timed
   */
  startPlain(
    task: number,
    first: number,
    flags: number,
    callable: LoadedCallable,
    isTimed: boolean,
  ): Promise<void> | undefined {
    const { words, taskFloats } = this.#views;
    let result: unknown;
    let isLater = false;
    this.#activeRuns.isCalling = true;
    try {
      const bytes = words[first + TASK_LENGTH] as number;
      const at = (first + TASK_INLINE) >> 1;
      // A call with a spread array takes several times as long as one with a single argument.
      if (flags === NUMBERS) {
        if (bytes === NUMBER_BYTES) {
          const value = taskFloats[at] as number;
          // Two calls: with one, the engine makes doubles of all arguments when it compiles this together with the
          // callable, and loops over integers in that callable take three times as long.
          result = isInteger32(value) ? callable(value | 0) : callable(value);
        } else result = callable(...readNumbers(taskFloats, at, bytes));
      } else {
        const args = this.#arguments.readInBand(task);
        result = args.length === 1 ? callable(args[0]) : callable(...args);
      }
      // Inside the guard: to ask for `then` may run a getter or the trap of a Proxy.
      if (typeof result !== "number") isLater = isThenable(result);
    } catch (error) {
      return this.#goOn(task, this.#responder.replyFailure(task, explainFailure(error, callable)));
    } finally {
      this.#activeRuns.isCalling = false;
    }
    const isPublished =
      typeof result === "number" && !isTimed && this.#outbox.tryPublishPlainNumber(task, result);
    if (isPublished) {
      this.#onEnd(task);
      return undefined;
    }
    const replied = isLater
      ? this.#settleLater(task, callable, result as PromiseLike<unknown>)
      : this.#responder.replySuccess(task, result);
    return this.#goOn(task, replied);
  }

  /** Calls a callable for a claimed request. Returns what to await before the next one is claimed. */
  start(
    task: number,
    callable: LoadedCallable,
    outOfBand: OutOfBandMessage | undefined,
  ): Promise<void> | undefined {
    const running = this.#activeRuns.isMarking
      ? this.#callMarked(task, callable, outOfBand)
      : this.#callUnmarked(task, callable, outOfBand);
    return this.#goOn(task, running);
  }

  /** @param running resolves when the run is over; undefined when it is */
  #goOn(task: number, running: Promise<void> | undefined): Promise<void> | undefined {
    return running === undefined ? undefined : this.#activeRuns.goOn(task, running);
  }

  #callUnmarked(
    task: number,
    callable: LoadedCallable,
    outOfBand: OutOfBandMessage | undefined,
  ): Promise<void> | undefined {
    this.#activeRuns.isCalling = true;
    try {
      return this.#call(task, callable, outOfBand);
    } finally {
      this.#activeRuns.isCalling = false;
    }
  }

  /**
   * The reply is marked too, because it may call getters of the result. Where several runs share the thread, the parent
   * is told which of them holds it: while it does, the others cannot hear that they are to stop.
   */
  #callMarked(
    task: number,
    callable: LoadedCallable,
    outOfBand: OutOfBandMessage | undefined,
  ): Promise<void> | undefined {
    if (this.#isShared) noteHolder(this.#views, this.#slot, task);
    const running = this.#activeRuns.mark(task, () => this.#call(task, callable, outOfBand));
    if (this.#isShared) noteHolder(this.#views, this.#slot, NOBODY_HOLDS);
    return running;
  }

  #call(
    task: number,
    callable: LoadedCallable,
    outOfBand: OutOfBandMessage | undefined,
  ): Promise<void> | undefined {
    let result: unknown;
    let isLater: boolean;
    try {
      result = callable(...this.#arguments.read(task, outOfBand));
      // Inside the guard: to ask for `then` may run a getter or the trap of a Proxy.
      isLater = isThenable(result);
    } catch (error) {
      return this.#responder.replyFailure(task, explainFailure(error, callable));
    }
    return isLater
      ? this.#settleLater(task, callable, result as PromiseLike<unknown>)
      : this.#responder.replySuccess(task, result);
  }

  async #settleLater(
    task: number,
    callable: LoadedCallable,
    result: PromiseLike<unknown>,
  ): Promise<void> {
    let value: unknown;
    try {
      value = await result;
    } catch (error) {
      return this.#responder.replyFailure(task, explainFailure(error, callable));
    }
    return this.#responder.replySuccess(task, value);
  }
}
