/**
 * What a worker does, over and over: claim a request, run its callable, reply.
 *
 * Synchronous callables run back to back without a promise in between. The loop returns to the
 * worker's event loop while an asynchronous callable is under way, when it has been parked for
 * `BLOCK_MS`, and every `TURN_MS` of back-to-back work, so that what callables left behind (timers,
 * promises that nobody awaits, connections) goes on.
 */
import { availableParallelism } from "node:os";
import {
  EMPTY,
  FULL,
  QueueViews,
  ResultWriter,
  STOPPED,
  TASK_CALLABLE,
  TASK_FLAGS,
  TASK_LENGTH,
  TASK_PLACE,
  announceEnd,
  announceStart,
  awaitWork,
  bumpEpoch,
  busyMsWord,
  claimThroughGate,
  generationOfTask,
  hasWork,
  leaveSets,
  parkEpoch,
  waitUnparked,
  wakeOne,
  wakeParent,
  wakeParentForClaim,
} from "../native-queue/index.ts";
import { WorkerInbox } from "./worker-inbox.ts";
import { copyBytes, spillOf } from "./bytes.ts";
import { loadCallable } from "./callable-loader.ts";
import { Decoder, Encoder, encodeFailure } from "./codec/index.ts";
import {
  DYING,
  FAILED,
  FETCH,
  RESULT_HAS_SIDE_MESSAGE,
  NO_SIDE_MESSAGE,
  SIDE_MESSAGE_POSTED,
  SUCCEEDED,
} from "./worker-protocol.ts";
import type { SideMessage, WorkerInit } from "./worker-protocol.ts";

/** About what a park and its wake-up cost. */
const SPIN_US = 50;
const BLOCK_MS = 2;
const TURN_MS = 10;
/** Requests are short when the clock moves less than this between two reads. */
const SHORT_MS = 0.1;
const MOST_PER_CLOCK = 16;
const NO_TASK = -1;

type LoadedCallable = (...args: unknown[]) => unknown;

/** One worker's loop; `worker-main.ts` starts it. */
export class RunLoop {
  readonly #init: WorkerInit;
  readonly #views: QueueViews;
  readonly #slot: number;
  readonly #writer: ResultWriter;
  readonly #encoder = new Encoder();
  readonly #decoder = new Decoder();
  readonly #inbox: WorkerInbox;
  readonly #callables: (LoadedCallable | undefined)[] = [];
  readonly #spinUs: number = availableParallelism() > 1 ? SPIN_US : 0;
  /** The request that is being run. */
  #held = NO_TASK;
  /** In the spin or the idle set, or not yet in either; false while there is work back to back. */
  #isSearching = true;
  #busyMs = 0;
  #busySince = 0;

  constructor(init: WorkerInit) {
    this.#init = init;
    this.#views = new QueueViews(init.memory);
    this.#slot = init.slot;
    this.#writer = new ResultWriter(init.ring);
    this.#inbox = new WorkerInbox(init, this.#views);
  }

  /** Runs requests until the worker is dismissed. */
  async run(): Promise<void> {
    announceStart(this.#views, this.#slot);
    for (;;) {
      const awaited = this.#runUntilBlocked();
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
    const length = encodeFailure(encoder, error);
    for (;;) {
      const epoch = parkEpoch(this.#views, this.#slot);
      this.#writer.wantSpace();
      if (this.#tryPublish(task, DYING, encoder, length)) return true;
      void waitUnparked(this.#views, this.#slot, epoch, Infinity);
    }
  }

  /** The last act: tells the parent, who may be blocked, that nothing more comes from this worker. */
  announceEnd(exitCode: number): void {
    announceEnd(this.#views, this.#slot, exitCode);
    bumpEpoch(this.#views);
  }

  /** Works without the event loop for as long as that is possible. Returns what to await then, or STOPPED. */
  #runUntilBlocked(): Promise<unknown> | typeof STOPPED {
    let turnedAt = performance.now();
    let readAt = turnedAt;
    // A clock read costs as much as a small request: after short requests it is read less often.
    let perClock = 1;
    let untilClock = perClock;
    for (;;) {
      const task = claimThroughGate(this.#views, this.#slot);
      if (task === STOPPED) return this.#stop();
      if (task === EMPTY) {
        this.#countBusy();
        this.#isSearching = true;
        // What was posted for requests that others have claimed must not pile up here.
        this.#inbox.read();
        const unparked = awaitWork(this.#views, this.#slot, this.#spinUs, BLOCK_MS);
        if (unparked !== undefined) return unparked;
        turnedAt = performance.now();
        continue;
      }
      if (this.#isSearching) this.#endSearch();
      if (this.#init.wakesForClaims) wakeParentForClaim(this.#views);
      const running = this.#runTask(task);
      if (running !== undefined) return running;
      if (--untilClock > 0) continue;
      const now = performance.now();
      if (now - turnedAt >= TURN_MS) {
        this.#countBusy();
        this.#inbox.read();
        return eventLoopTurn();
      }
      perClock = now - readAt < SHORT_MS ? Math.min(2 * perClock, MOST_PER_CLOCK) : 1;
      untilClock = perClock;
      readAt = now;
    }
  }

  #endSearch(): void {
    this.#isSearching = false;
    this.#busySince = performance.now();
    // The last spinner hands the search on: puts that saw it spinning woke nobody.
    if (leaveSets(this.#views, this.#slot) && hasWork(this.#views)) wakeOne(this.#views);
  }

  /** Leaves the queue. An unpark may have been meant for this worker: it is handed on if work remains. */
  #stop(): typeof STOPPED {
    this.#countBusy();
    leaveSets(this.#views, this.#slot);
    if (hasWork(this.#views)) wakeOne(this.#views);
    return STOPPED;
  }

  /** Runs a claimed request. Returns a promise when that needs the event loop. */
  #runTask(task: number): Promise<void> | undefined {
    const { words } = this.#views;
    const first = this.#views.task(task);
    this.#held = task;
    const callable = this.#callables[words[first + TASK_CALLABLE] as number];
    if (callable === undefined || words[first + TASK_FLAGS] !== NO_SIDE_MESSAGE) {
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
      const side = flags === NO_SIDE_MESSAGE ? undefined : await this.#sideMessage(task, flags);
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
    const { words, taskBytes, arenaBytes } = this.#views;
    const first = this.#views.task(task);
    const length = words[first + TASK_LENGTH] as number;
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
    try {
      return this.#reply(task, SUCCEEDED, this.#encoder.encode(value, "result"));
    } catch (error) {
      return this.#replyFailure(task, error);
    }
  }

  #replyFailure(task: number, error: unknown): Promise<void> | undefined {
    return this.#reply(task, FAILED, encodeFailure(this.#encoder, error));
  }

  /** Publishes what the encoder holds as the outcome of a task. Returns a promise while the ring is full. */
  #reply(task: number, status: number, length: number): Promise<void> | undefined {
    if (this.#tryPublish(task, status, this.#encoder, length)) {
      this.#held = NO_TASK;
      return undefined;
    }
    return this.#replyWhenThereIsSpace(task, status, length);
  }

  async #replyWhenThereIsSpace(task: number, status: number, length: number): Promise<void> {
    for (;;) {
      const epoch = parkEpoch(this.#views, this.#slot);
      this.#writer.wantSpace();
      // The second look: space that was freed before the wish was seen is found here.
      if (this.#tryPublish(task, status, this.#encoder, length)) break;
      await waitUnparked(this.#views, this.#slot, epoch, BLOCK_MS);
    }
    this.#held = NO_TASK;
  }

  #tryPublish(task: number, status: number, encoder: Encoder, length: number): boolean {
    const { handles } = encoder;
    const isSpilled = length > this.#writer.maxPayloadBytes;
    const inRing = isSpilled ? 0 : length;
    const at = this.#writer.tryReserve(inRing);
    if (at === FULL) return false;
    const generation = generationOfTask(this.#views, task);
    let word = status;
    if (isSpilled || handles.length > 0) {
      word |= RESULT_HAS_SIDE_MESSAGE;
      const spill = isSpilled ? spillOf(encoder.bytes, 0, length) : undefined;
      const side: SideMessage = { task, generation, spill, spillBytes: length, handles };
      this.#init.port.postMessage(side, encoder.transferList as Bun.Transferable[]);
    }
    if (!isSpilled) copyBytes(encoder.bytes, 0, this.#writer.bytes, at, length);
    this.#writer.publish(task, generation, word, inRing);
    wakeParent(this.#views);
    return true;
  }

  async #callable(id: number): Promise<LoadedCallable> {
    const loaded = this.#callables[id];
    if (loaded !== undefined) return loaded;
    const callable = await loadCallable(this.#inbox.definition(id));
    this.#callables[id] = callable;
    return callable;
  }

  /** The parts of a task's payload that cannot travel as bytes. */
  async #sideMessage(task: number, flags: number): Promise<SideMessage> {
    const generation = generationOfTask(this.#views, task);
    for (let hasAsked = flags === SIDE_MESSAGE_POSTED; ;) {
      const epoch = parkEpoch(this.#views, this.#slot);
      if (!hasAsked) hasAsked = this.#tryAskForSideMessage(task, generation);
      const side = this.#inbox.take(task, generation);
      if (side !== undefined) return side;
      await waitUnparked(this.#views, this.#slot, epoch, BLOCK_MS);
    }
  }

  #tryAskForSideMessage(task: number, generation: number): boolean {
    if (this.#writer.tryReserve(0) === FULL) {
      this.#writer.wantSpace();
      if (this.#writer.tryReserve(0) === FULL) return false;
    }
    this.#writer.publish(task, generation, FETCH, 0);
    wakeParent(this.#views);
    return true;
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
