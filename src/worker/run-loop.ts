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
  endSearch,
  isStopRequested,
  noteStart,
  stopSearch,
} from "../../native-queue/index.ts";
import {
  announceReady,
  announceRecycling,
  BusyTime,
  provideTaskContext,
  INLINE,
  IS_TIMED,
  NUMBERS,
  SPILLED,
  hasOutOfBand,
  payloadKind,
} from "../protocol/index.ts";
import type {
  CallableMessage,
  InitializerMessage,
  OutOfBandMessage,
  StopMessage,
  WorkerInit,
} from "../protocol/index.ts";
import { Responder } from "./responder.ts";
import { RunContexts } from "./run-context.ts";
import { OutOfBandFetcher } from "./out-of-band-fetcher.ts";
import { SpinBudget } from "../runtime/spin-budget.ts";
import { PayloadError } from "../errors.ts";
import { BLOCK_MS, YieldBudget, eventLoopTurn } from "./yield-budget.ts";
import { RecycleLimits } from "./recycle-limits.ts";
import { Inbox } from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import { loadCallable } from "../callable/load.ts";
import { Decoder, NUMBER_BYTES, readNumbers } from "../codec/index.ts";
import { ActiveRuns } from "./active-runs.ts";

const LONGEST_SPIN_US = 100;
/** Told to the parent when the worker takes requests. */
const READY = "ready";
/** What a killed worker waits for: its thread is about to be stopped. */
const NEVER = new Promise<never>(() => {});

type LoadedCallable = (...args: unknown[]) => unknown;

/** One worker's loop; `worker-main.ts` starts it. */
export class RunLoop {
  readonly #init: WorkerInit;
  readonly #share: RecycleLimits;
  readonly #views: QueueViews;
  readonly #slot: number;
  readonly #gate: WorkerGate;
  /** Claiming and publishing back to back, with no user code in between but the callables themselves. */
  #isBackToBack = false;
  readonly #outbox: Outbox;
  readonly #decoder: Decoder;
  readonly #inbox: Inbox;
  readonly #outOfBand: OutOfBandFetcher;
  readonly #callables: (LoadedCallable | undefined)[] = [];
  readonly #budget: SpinBudget;
  readonly #contexts: RunContexts;
  readonly #activeRuns: ActiveRuns;
  readonly #responder: Responder;
  /** In the spin or the idle set, or not yet in either; false while there is work back to back. */
  #isSearching = true;
  readonly #busy: BusyTime;
  readonly #clock = new YieldBudget();

  constructor(init: WorkerInit) {
    this.#init = init;
    this.#share = new RecycleLimits(init);
    this.#views = new QueueViews(init.memory);
    this.#slot = init.slot;
    this.#busy = new BusyTime(this.#views, init.slot);
    this.#budget = new SpinBudget(LONGEST_SPIN_US, init.cores);
    this.#gate = new WorkerGate(this.#views, init.slot, init.wakesForClaims);
    this.#outbox = new Outbox(init, this.#gate);
    this.#inbox = new Inbox(init, this.#views);
    this.#outOfBand = new OutOfBandFetcher(
      this.#views,
      init.slot,
      this.#inbox,
      this.#outbox,
      init.cores,
    );
    this.#decoder = new Decoder(this.#inbox.sharedBuffer);
    this.#responder = new Responder(this.#gate, this.#outbox, this.#end);
    const { report } = this.#responder;
    this.#contexts = new RunContexts(this.#views, this.#slot, init.workerId, report);
    this.#activeRuns = new ActiveRuns(init.concurrency);
    provideTaskContext(
      () => this.#contexts.of(this.#activeRuns.current),
      () => this.#activeRuns.markRuns(),
    );
  }

  /** The parent has named a callable. */
  define(message: CallableMessage): void {
    this.#inbox.define(message);
  }

  /** The parent has said that a run is to stop. */
  stop(message: StopMessage): void {
    // Listeners of its signal are called by this.
    this.#activeRuns.within(message.stopTask, () => this.#contexts.stop(message));
  }

  /** Runs requests until the worker is dismissed. */
  async run(): Promise<void> {
    announceStart(this.#views, this.#slot);
    if (this.#init.initializer !== undefined) await this.#initialize(this.#init.initializer);
    announceReady(this.#views, this.#slot);
    postMessage(READY);
    for (;;) {
      this.#isBackToBack = true;
      const awaited = this.#runUntilBlocked();
      this.#isBackToBack = false;
      this.#gate.leave();
      if (awaited === STOPPED) break;
      await awaited;
    }
    await this.#activeRuns.allDone();
    if (this.#share.isDone()) announceRecycling(this.#views, this.#slot);
  }

  async #initialize({ definition, frame, handles }: InitializerMessage): Promise<void> {
    try {
      const initializer = await loadCallable(definition);
      const args = this.#decoder.decode(frame, 0, frame.length, handles) as unknown[];
      await initializer(...args);
    } catch (error) {
      this.#responder.failInitializer(error);
      process.exit(1);
    }
  }

  /**
   * Tells the parent of the uncaught error that ends this worker: fails the request at hand with it; where several are
   * at hand, all of them, for it may be any one's. Blocks when the result ring is full.
   *
   * @returns false when the error came from outside any request
   */
  tellUncaught(error: unknown): boolean {
    const { tasks } = this.#activeRuns;
    if (tasks.length > 0) this.#responder.failAll(tasks, error);
    else this.#responder.tellUncaught(error);
    return tasks.length > 0;
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
      if (this.#share.isDone()) return this.#stop();
      const task = this.#gate.claim();
      if (task === STOPPED) return this.#stop();
      if (task === EMPTY) {
        this.#countBusy(false);
        this.#isSearching = true;
        // What was posted for requests that others have claimed must not pile up here.
        if (this.#inbox.hasUnread) this.#readInbox();
        // The event loop belongs to the callables that wait in it.
        const isAlone = this.#activeRuns.count === 0;
        const spinUs = isAlone ? this.#budget.us : 0;
        const unparked = awaitWork(this.#gate, spinUs, isAlone ? BLOCK_MS : 0);
        if (unparked !== undefined) return this.#turn(unparked);
        continue;
      }
      if (this.#isSearching) this.#endSearch();
      if (!this.#gate.leave()) return NEVER;
      const awaited = this.#runTask(task);
      if (awaited !== undefined) return awaited;
    }
  }

  /** Waits for something that comes with a turn of the event loop. */
  async #turn(awaited: Promise<unknown>): Promise<void> {
    this.#countBusy(true);
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
    this.#learn(this.#busy.begin() * 1000);
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
    this.#countBusy(false);
    return STOPPED;
  }

  /** Runs a claimed request. Returns what to await before the next one is claimed. */
  #runTask(task: number): Promise<void> | undefined {
    const { words } = this.#views;
    const first = this.#views.task(task);
    this.#activeRuns.begin(task);
    this.#share.take();
    const callable = this.#callables[words[first + TASK_CALLABLE] as number];
    const flags = words[first + TASK_FLAGS] as number;
    if ((flags & IS_TIMED) !== 0) {
      noteStart(this.#views, task);
      this.#outbox.beginTimes(task);
    }
    if (callable === undefined || hasOutOfBand(flags)) return this.#prepareAndRun(task);
    return this.#start(task, callable, undefined);
  }

  /** None other is claimed meanwhile: it would wait behind this one, whose callable may block the worker. */
  async #prepareAndRun(task: number): Promise<void> {
    const { words } = this.#views;
    const first = this.#views.task(task);
    try {
      const callable = await this.#callable(words[first + TASK_CALLABLE] as number);
      const flags = words[first + TASK_FLAGS] as number;
      const outOfBand = hasOutOfBand(flags) ? await this.#outOfBand.fetch(task) : undefined;
      if (isStopRequested(this.#views, task)) throw new StoppedBeforeItRan();
      await this.#start(task, callable, outOfBand);
    } catch (error) {
      await this.#responder.replyFailure(task, error);
    }
  }

  #start(
    task: number,
    callable: LoadedCallable,
    outOfBand: OutOfBandMessage | undefined,
  ): Promise<void> | undefined {
    const running = this.#activeRuns.isMarking
      ? this.#callMarked(task, callable, outOfBand)
      : this.#call(task, callable, outOfBand);
    return running === undefined ? undefined : this.#activeRuns.goOn(task, running);
  }

  /** The reply, too: it may call getters of the result. */
  #callMarked(
    task: number,
    callable: LoadedCallable,
    outOfBand: OutOfBandMessage | undefined,
  ): Promise<void> | undefined {
    return this.#activeRuns.mark(task, () => this.#call(task, callable, outOfBand));
  }

  #call(
    task: number,
    callable: LoadedCallable,
    outOfBand: OutOfBandMessage | undefined,
  ): Promise<void> | undefined {
    let result: unknown;
    try {
      result = callable(...this.#arguments(task, outOfBand));
    } catch (error) {
      return this.#responder.replyFailure(task, error);
    }
    return isThenable(result)
      ? this.#settleLater(task, result)
      : this.#responder.replySuccess(task, result);
  }

  async #settleLater(task: number, result: PromiseLike<unknown>): Promise<void> {
    let value: unknown;
    try {
      value = await result;
    } catch (error) {
      return this.#responder.replyFailure(task, error);
    }
    return this.#responder.replySuccess(task, value);
  }

  #arguments(task: number, outOfBand: OutOfBandMessage | undefined): unknown[] {
    const { words, taskBytes, taskFloats, arenaBytes } = this.#views;
    const first = this.#views.task(task);
    const length = words[first + TASK_LENGTH] as number;
    if (payloadKind(words[first + TASK_FLAGS] as number) === NUMBERS) {
      return readNumbers(taskFloats, this.#views.inline(task) / NUMBER_BYTES, length);
    }
    const location = words[first + TASK_PLACE] as number;
    let bytes: Uint8Array = arenaBytes;
    let start = location;
    let end = location + length;
    if (location === INLINE) {
      bytes = taskBytes;
      start = this.#views.inline(task);
      end = start + length;
    } else if (location === SPILLED) {
      bytes = spillIn(outOfBand);
      start = 0;
      end = bytes.length;
    }
    const args = this.#decoder.decode(bytes, start, end, outOfBand?.handles) as unknown[];
    return this.#contexts.takeRequestID(task, args);
  }

  /**
   * A request is done, and its result published: the worker is at the queue. It stays if the next claim comes now, and
   * not after a turn of the event loop.
   */
  readonly #end = (task: number): void => {
    this.#activeRuns.end(task);
    this.#contexts.end(task);
    if (!this.#isBackToBack) this.#gate.leave();
  };

  async #callable(id: number): Promise<LoadedCallable> {
    const loaded = this.#callables[id];
    if (loaded !== undefined) return loaded;
    const callable = await loadCallable(await this.#inbox.definition(id));
    this.#callables[id] = callable;
    return callable;
  }

  #countBusy(goesOn: boolean): void {
    if (!this.#isSearching) this.#busy.count(goesOn);
  }
}

/** Nobody sees it: the request was settled when it was asked to stop. */
class StoppedBeforeItRan extends Error {}

/**
 * The bytes of a payload that is too large for the queue.
 *
 * @throws PayloadError when the parent could not send them; it has failed the request then
 */
function spillIn(message: OutOfBandMessage | undefined): Uint8Array {
  if (message?.spill !== undefined) return new Uint8Array(message.spill, 0, message.spillBytes);
  throw new PayloadError("The arguments were lost on their way.", { path: "args" });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
