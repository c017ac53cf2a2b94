/**
 * What a worker does, over and over: claim a request, run its callable, reply.
 *
 * Synchronous callables run back to back without a promise in between. The loop returns to the
 * worker's event loop while an asynchronous callable is under way, when it has been parked for
 * `BLOCK_MS`, and every ten milliseconds of back-to-back work, so that what callables left behind (timers,
 * promises that nobody awaits, connections) goes on.
 *
 * What others see is changed only at the queue (`WorkerGate`): from the publishing of a result to the claim of the
 * next request. The worker leaves it before user code can run, which may take as long as it likes.
 */
import {
  EMPTY,
  QueueViews,
  STOPPED,
  WorkerGate,
  TASK_CALLABLE,
  TASK_FLAGS,
  TASK_LENGTH,
  TASK_PLACE,
  announceEnd,
  announceStart,
  awaitWork,
  busyMsWord,
  generationOfTask,
  endSearch,
  parkEpoch,
  stopSearch,
  waitUnparked,
} from "../native-queue/index.ts";
import { bareError } from "./bare-error.ts";
import { SpinBudget } from "./spin-budget.ts";
import { TurnClock } from "./turn-clock.ts";
import { WorkerInbox } from "./worker-inbox.ts";
import { WorkerOutbox } from "./worker-outbox.ts";
import { loadCallable } from "./callable-loader.ts";
import { Decoder, Encoder, NUMBER_BYTES, encodeFailure, readNumbers } from "./codec/index.ts";
import { DYING, FAILED, NO_SIDE_MESSAGE, NUMBERS, SUCCEEDED } from "./worker-protocol.ts";
import type { CallableMessage, SideMessage, WorkerInit } from "./worker-protocol.ts";

const LONGEST_SPIN_US = 100;
const BLOCK_MS = 2;
const NO_TASK = -1;
/** What a killed worker waits for: its thread is about to be stopped. */
const NEVER = new Promise<never>(() => {});

type LoadedCallable = (...args: unknown[]) => unknown;

/** One worker's loop; `worker-main.ts` starts it. */
export class RunLoop {
  readonly #views: QueueViews;
  readonly #slot: number;
  readonly #gate: WorkerGate;
  /** Claiming and publishing back to back, with no user code in between but the callables themselves. */
  #isBackToBack = false;
  readonly #outbox: WorkerOutbox;
  readonly #encoder = new Encoder();
  readonly #decoder: Decoder;
  readonly #inbox: WorkerInbox;
  readonly #callables: (LoadedCallable | undefined)[] = [];
  readonly #budget: SpinBudget;
  /** The request that is being run. */
  #held = NO_TASK;
  /** In the spin or the idle set, or not yet in either; false while there is work back to back. */
  #isSearching = true;
  #busyMs = 0;
  #busySince = 0;
  readonly #clock = new TurnClock();

  constructor(init: WorkerInit) {
    this.#views = new QueueViews(init.memory);
    this.#slot = init.slot;
    this.#budget = new SpinBudget(LONGEST_SPIN_US, init.cores);
    this.#gate = new WorkerGate(this.#views, init.slot, init.wakesForClaims);
    this.#outbox = new WorkerOutbox(init, this.#gate);
    this.#inbox = new WorkerInbox(init, this.#views);
    this.#decoder = new Decoder(this.#inbox.sharedBuffer);
  }

  /** The parent has named a callable. */
  define(message: CallableMessage): void {
    this.#inbox.define(message);
  }

  /** Runs requests until the worker is dismissed. */
  async run(): Promise<void> {
    announceStart(this.#views, this.#slot);
    for (;;) {
      this.#isBackToBack = true;
      const awaited = this.#runUntilBlocked();
      this.#isBackToBack = false;
      this.#gate.leave();
      if (awaited === STOPPED) return;
      await awaited;
    }
  }

  /**
   * Fails the request at hand with the uncaught error that ends this worker. Blocks when the
   * result ring is full.
   *
   * @returns false when the error came from outside any request
   */
  failHeld(error: unknown): boolean {
    const task = this.#held;
    if (task === NO_TASK) return false;
    // A fresh encoder: the error may have come in the middle of a reply.
    const encoder = new Encoder();
    try {
      this.#publishBlocking(task, encoder, encodeFailure(encoder, error));
    } catch {
      this.#publishBlocking(task, encoder, encodeFailure(encoder, bareError(error)));
    }
    this.#held = NO_TASK;
    this.#gate.leave();
    return true;
  }

  #publishBlocking(task: number, encoder: Encoder, length: number): void {
    for (;;) {
      const epoch = parkEpoch(this.#views, this.#slot);
      this.#outbox.wantSpace();
      if (this.#outbox.tryPublish(task, DYING, encoder, length)) return;
      void waitUnparked(this.#views, this.#slot, epoch, Infinity);
    }
  }

  /** The last act: tells the parent, who may be blocked, that nothing more comes from this worker. */
  announceEnd(exitCode: number): void {
    this.#gate.leave();
    announceEnd(this.#views, this.#slot, exitCode);
  }

  /** Works without the event loop for as long as that is possible. Returns what to await then, or STOPPED. */
  #runUntilBlocked(): Promise<unknown> | typeof STOPPED {
    for (;;) {
      // Not while searching: a waker counts on a worker in the spin set to look at once.
      if (!this.#isSearching && this.#clock.isTurnDue()) return this.#turn(eventLoopTurn());
      const task = this.#gate.claim();
      if (task === STOPPED) return this.#stop();
      if (task === EMPTY) {
        this.#countBusy();
        this.#isSearching = true;
        // What was posted for requests that others have claimed must not pile up here.
        if (this.#inbox.hasNews) this.#readInbox();
        const unparked = awaitWork(this.#gate, this.#budget.us, BLOCK_MS);
        if (unparked !== undefined) return this.#turn(unparked);
        continue;
      }
      if (this.#isSearching) this.#endSearch();
      if (!this.#gate.leave()) return NEVER;
      const running = this.#runTask(task);
      if (running !== undefined) return running;
    }
  }

  /** Waits for something that comes with a turn of the event loop. */
  async #turn(awaited: Promise<unknown>): Promise<void> {
    this.#countBusy();
    this.#readInbox();
    await awaited;
    this.#clock.turned();
  }

  /** Messages may be large: they are read away from the queue. */
  #readInbox(): void {
    this.#gate.leave();
    this.#inbox.read();
  }

  #endSearch(): void {
    this.#isSearching = false;
    const now = performance.now();
    this.#learn((now - this.#busySince) * 1000);
    this.#busySince = now;
    // The last spinner hands the search on: puts that saw it spinning woke nobody.
    endSearch(this.#gate);
  }

  #learn(searchedUs: number): void {
    if (searchedUs <= this.#budget.us) this.#budget.sufficed();
    else this.#budget.failed();
  }

  /**
   * Ends the loop. An unpark may have been meant for this worker: it is handed on if work remains. A killed worker
   * does nothing more.
   */
  #stop(): typeof STOPPED | Promise<never> {
    if (!stopSearch(this.#gate)) return NEVER;
    this.#countBusy();
    return STOPPED;
  }

  /** Runs a claimed request. Returns a promise when that needs the event loop. */
  #runTask(task: number): Promise<void> | undefined {
    const { words } = this.#views;
    const first = this.#views.task(task);
    this.#held = task;
    const callable = this.#callables[words[first + TASK_CALLABLE] as number];
    if (callable === undefined || mayHaveSideMessage(words[first + TASK_FLAGS] as number)) {
      return this.#prepareAndRun(task);
    }
    return this.#call(task, callable, undefined);
  }

  async #prepareAndRun(task: number): Promise<void> {
    const { words } = this.#views;
    const first = this.#views.task(task);
    try {
      const callable = await this.#callable(words[first + TASK_CALLABLE] as number);
      const flags = words[first + TASK_FLAGS] as number;
      const side = mayHaveSideMessage(flags) ? await this.#sideMessage(task) : undefined;
      await this.#call(task, callable, side);
    } catch (error) {
      await this.#replyFailure(task, error);
    }
  }

  #call(
    task: number,
    callable: LoadedCallable,
    side: SideMessage | undefined,
  ): Promise<void> | undefined {
    let result: unknown;
    try {
      result = callable(...this.#arguments(task, side));
    } catch (error) {
      return this.#replyFailure(task, error);
    }
    return isThenable(result) ? this.#settleLater(task, result) : this.#replySuccess(task, result);
  }

  async #settleLater(task: number, result: PromiseLike<unknown>): Promise<void> {
    let value: unknown;
    try {
      value = await result;
    } catch (error) {
      return this.#replyFailure(task, error);
    }
    return this.#replySuccess(task, value);
  }

  #arguments(task: number, side: SideMessage | undefined): unknown[] {
    const { words, taskBytes, taskFloats, arenaBytes } = this.#views;
    const first = this.#views.task(task);
    const length = words[first + TASK_LENGTH] as number;
    if (words[first + TASK_FLAGS] === NUMBERS) {
      return readNumbers(taskFloats, this.#views.inline(task) / NUMBER_BYTES, length);
    }
    const place = words[first + TASK_PLACE] as number;
    if (side?.spill !== undefined) {
      return this.#decoder.decode(
        new Uint8Array(side.spill),
        0,
        side.spillBytes,
        side.handles,
      ) as unknown[];
    }
    const isInline = place < 0;
    const start = isInline ? this.#views.inline(task) : place;
    return this.#decoder.decode(
      isInline ? taskBytes : arenaBytes,
      start,
      start + length,
      side?.handles,
    ) as unknown[];
  }

  #replySuccess(task: number, value: unknown): Promise<void> | undefined {
    if (typeof value === "number" && this.#outbox.tryPublishNumber(task, value)) {
      this.#published();
      return undefined;
    }
    try {
      return this.#reply(task, SUCCEEDED, this.#encoder.prepare(value, "result"));
    } catch (error) {
      return this.#replyFailure(task, error);
    }
  }

  #replyFailure(task: number, error: unknown): Promise<void> | undefined {
    try {
      return this.#reply(task, FAILED, encodeFailure(this.#encoder, error));
    } catch {
      // A part of it could not be sent, a closed port: the rest is told without all that needs sending.
      return this.#reply(task, FAILED, encodeFailure(this.#encoder, bareError(error)));
    }
  }

  /** Publishes what the encoder has prepared as the outcome of a task. Returns a promise while the ring is full. */
  #reply(task: number, status: number, length: number): Promise<void> | undefined {
    if (this.#outbox.tryPublish(task, status, this.#encoder, length)) {
      this.#published();
      return undefined;
    }
    // While this worker waits, what the callable left behind may change the buffers of the result.
    this.#encoder.flatten("result");
    return this.#replyWhenThereIsSpace(task, status, length);
  }

  async #replyWhenThereIsSpace(task: number, status: number, length: number): Promise<void> {
    for (;;) {
      const epoch = parkEpoch(this.#views, this.#slot);
      this.#outbox.wantSpace();
      try {
        // The second look: space that was freed before the wish was seen is found here.
        if (this.#outbox.tryPublish(task, status, this.#encoder, length)) break;
      } catch (error) {
        return this.#replyFailure(task, error);
      }
      await waitUnparked(this.#views, this.#slot, epoch, BLOCK_MS);
    }
    this.#published();
  }

  /** The worker is at the queue. It stays if the next claim comes now, and not after a turn of the event loop. */
  #published(): void {
    this.#held = NO_TASK;
    if (!this.#isBackToBack) this.#gate.leave();
  }

  async #callable(id: number): Promise<LoadedCallable> {
    const loaded = this.#callables[id];
    if (loaded !== undefined) return loaded;
    const callable = await loadCallable(await this.#inbox.definition(id));
    this.#callables[id] = callable;
    return callable;
  }

  /** The parts of a task's payload that cannot travel as bytes. */
  async #sideMessage(task: number): Promise<SideMessage> {
    const generation = generationOfTask(this.#views, task);
    const posted = this.#inbox.take(task, generation);
    if (posted !== undefined) return posted;
    for (let hasAsked = false; ;) {
      const epoch = parkEpoch(this.#views, this.#slot);
      if (!hasAsked) {
        this.#outbox.wantSpace();
        hasAsked = this.#outbox.tryAsk(task, generation);
      }
      const side = this.#inbox.take(task, generation);
      if (side !== undefined) return side;
      await waitUnparked(this.#views, this.#slot, epoch, BLOCK_MS);
    }
  }

  /** Brings the busy time in shared memory up to date. */
  #countBusy(): void {
    if (this.#isSearching) return;
    const now = performance.now();
    this.#busyMs += now - this.#busySince;
    this.#busySince = now;
    Atomics.store(this.#views.words, busyMsWord(this.#slot), Math.trunc(this.#busyMs) | 0);
  }
}

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function mayHaveSideMessage(flags: number): boolean {
  return flags !== NO_SIDE_MESSAGE && flags !== NUMBERS;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
