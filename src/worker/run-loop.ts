import {
  EMPTY,
  QueueViews,
  STOPPED,
  TASK_CALLABLE,
  TASK_FLAGS,
  TASK_WORDS,
  WorkerGate,
  announceEnd,
  announceStart,
  awaitWork,
  endSearch,
  endSearchWithChild,
  isStopRequested,
  noteStart,
  stopSearch,
} from "../../native-queue/index.ts";
import { LazyDecoder } from "../codec/index.ts";
import {
  BusyTime,
  HAS_STORES,
  IN_BAND,
  IS_TIMED,
  NUMBERS,
  announceReady,
  announceRecycling,
  hasOutOfBand,
  needsPreparing,
} from "../protocol/index.ts";
import type {
  CallableMessage,
  StopMessage,
  SharedThread,
  StopReasonMessage,
  TaskContext,
  WorkerInit,
} from "../protocol/index.ts";
import { SpinBudget, Promise, TIME_ORIGIN, performanceNow } from "../runtime/index.ts";
import { ActiveRuns, StoppedBeforeItRan } from "./active-runs.ts";
import { ArgumentReader } from "./arguments.ts";
import { Calls } from "./calls.ts";
import { CarriedStores } from "./carried-stores.ts";
import { Children } from "./children.ts";
import { Inbox } from "./inbox.ts";
import { Initialization } from "./initialization.ts";
import { LoadedCallables } from "./loaded-callables.ts";
import { Outbox } from "./outbox.ts";
import { ReceivedArenas } from "./received-arenas.ts";
import { RecycleLimits } from "./recycle-limits.ts";
import { Responder } from "./responder.ts";
import { RunContexts } from "./run-context.ts";
import { BLOCK_MS, YieldBudget, eventLoopTurn } from "./yield-budget.ts";

const LONGEST_SPIN_US = 100;
/** What a killed worker waits for: its thread is about to be stopped. */
const NEVER = new Promise<never>(() => {});

/** What the loop does; see `RunLoop`. */
const RUNNING = 0;
const WAITING = 1;
const SEARCHING = 2;
const PARKED = 3;
type LoopState = typeof RUNNING | typeof WAITING | typeof SEARCHING | typeof PARKED;

/**
 * What a worker does, over and over: claim a request, run its callable, reply.
 *
 * | from      | when                                                               | to        |
 * | --------- | ------------------------------------------------------------------ | --------- |
 * | PARKED    | the loop begins, or the worker was unparked                        | SEARCHING |
 * | SEARCHING | it has claimed a request                                           | RUNNING   |
 * | SEARCHING | it has found none for `BLOCK_MS`, or runs wait in its event loop   | PARKED    |
 * | RUNNING   | it has found no request                                            | SEARCHING |
 * | RUNNING   | its callable goes on in the event loop, or the loop is owed a turn | WAITING   |
 * | WAITING   | what it waited for has come                                        | RUNNING   |
 *
 * In WAITING and PARKED the event loop turns. In RUNNING the worker claims, runs and publishes back to back: no code runs
 * in between but the callables themselves. In SEARCHING and PARKED the worker is in the spin set or the idle set, or is
 * about to enter them.
 *
 * Synchronous callables run back to back without a promise in between. The event loop gets a turn while an asynchronous
 * callable runs, when the worker has been parked for `BLOCK_MS`, and every ten milliseconds of back-to-back work. So
 * whatever callables left behind goes on: timers, connections, promises that are not awaited.
 *
 * The worker changes what others see only at the queue (`WorkerGate`): from the publishing of a result to the claim of
 * the next request. It leaves the queue before user code can run, because that may take as long as it likes.
 */
export class RunLoop {
  readonly #init: WorkerInit;
  readonly #limits: RecycleLimits;
  /** The words of the queue that the loop works on. */
  readonly views: QueueViews;
  readonly #slot: number;
  readonly #gate: WorkerGate;
  #state: LoopState = PARKED;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  /** Takes what the parent says of callables and streams. */
  readonly callables: LoadedCallables;
  readonly #spinBudget: SpinBudget;
  readonly #contexts: RunContexts;
  readonly #stores: CarriedStores;
  /** The requests that the worker runs, and which of them the calling code belongs to. */
  readonly activeRuns: ActiveRuns;
  readonly #responder: Responder;
  readonly #calls: Calls;
  readonly #busy: BusyTime;
  readonly #yieldBudget = new YieldBudget();
  readonly #initialization: Initialization;
  /** Children of this worker's runs and of those of others. */
  readonly children: Children;
  /** The thread that the loop shares with its parent; undefined for a thread of its own. */
  readonly #shared: SharedThread | undefined;

  constructor(init: WorkerInit) {
    this.#init = init;
    const shared = init.sharedThread;
    this.#shared = shared;
    this.views = new QueueViews(init.memory);
    this.#slot = init.slot;
    this.#busy = new BusyTime(this.views, init.slot);
    this.#spinBudget = new SpinBudget(LONGEST_SPIN_US, init.cores);
    this.#gate = new WorkerGate(this.views, init.slot, init.wakesForClaims);
    this.#outbox = new Outbox(init, this.#gate);
    this.#inbox = new Inbox(init, this.views, this.#outbox, this.#takeStopReason);
    const arenas = new ReceivedArenas(this.#inbox);
    this.#limits = new RecycleLimits(init, arenas);
    const decoder = new LazyDecoder(this.#inbox.sharedBuffer, "args");
    this.activeRuns = new ActiveRuns(init.concurrency);
    const onEnd = shared === undefined ? this.#end : this.#endShared;
    this.#responder = new Responder(this.#gate, this.#outbox, onEnd, shared?.lookAtClock);
    this.callables = new LoadedCallables(this.#inbox, this.activeRuns, this.#responder);
    this.#initialization = new Initialization(decoder, this.#responder, this.activeRuns);
    this.children = new Children(this.#gate, init);
    const { report, tellChildrenOf } = this.#responder;
    this.#contexts = new RunContexts(this.views, this.#slot, init.workerId, report, {
      readInbox: () => this.#inbox.read(),
      lookAtClock: shared?.lookAtClock,
      functionOf: (task) => this.callables.functionOf(task),
      onTraced: tellChildrenOf,
      nextTurn: shared?.post,
    });
    this.#stores = new CarriedStores(this.#inbox, this.activeRuns, this.#contexts);
    this.#calls = new Calls({
      views: this.views,
      slot: init.slot,
      isShared: init.concurrency > 1,
      arguments: new ArgumentReader(this.views, decoder, this.#contexts, arenas),
      activeRuns: this.activeRuns,
      responder: this.#responder,
      outbox: this.#outbox,
      onEnd,
    });
  }

  /** Whether requests are offered to this worker alone. */
  get hasOffers(): boolean {
    return this.#gate.hasOffers;
  }

  /** The context of the run that the calling code belongs to; undefined when there is none. */
  get context(): TaskContext | undefined {
    return this.#contexts.of(this.activeRuns.current);
  }

  /** The parent has sent the definition of a callable. */
  define(message: CallableMessage): void {
    this.#inbox.define(message);
  }

  /** The parent has said that a run is to stop. */
  stop(message: StopMessage): void {
    // This calls the listeners of the run's signal, which are code of the run.
    this.activeRuns.within(message.stopTask, () => this.#contexts.stop(message));
    this.callables.wakeStream(message.stopTask, message.generation, 0);
  }

  /**
   * Loads what comes first, runs the initializer, then requests until the worker is dismissed or has reached a recycle limit.
   *
   * @param onReady called when the worker takes requests
   * @returns the exit code for the worker: 1 when one of the first two has failed, else 0
   */
  async run(onReady: () => void): Promise<0 | 1> {
    announceStart(this.views, this.#slot);
    for (const module of this.#init.preload)
      if (!(await this.#initialization.tryPreload(module))) return 1;
    for (const initializer of this.#init.initializers)
      if (!(await this.#initialization.tryRun(initializer))) return 1;
    announceReady(this.views, this.#slot);
    onReady();
    for (;;) {
      this.#state = this.#state === WAITING ? RUNNING : SEARCHING;
      const awaited = this.#runUntilBlocked();
      this.#state = this.#state === RUNNING ? WAITING : PARKED;
      this.#gate.leave();
      if (awaited === STOPPED) break;
      await awaited;
    }
    await this.activeRuns.allDone();
    if (this.#limits.isReached()) announceRecycling(this.views, this.#slot);
    return 0;
  }

  /**
   * Tells the parent of the uncaught error that ends this worker, and fails the request that runs with it. When several
   * run, it fails all of them, because the error may be any one's. Blocks while the result ring is full. Call it where the error
   * is handled: see `Children.failAll`.
   *
   * @returns false when the error came from outside any request
   */
  tellUncaught(error: unknown): boolean {
    this.callables.reportAll();
    const isInChild = this.children.failAll(error);
    const { tasks } = this.activeRuns;
    if (tasks.length > 0) this.#responder.failAll(tasks, error);
    else this.#responder.tellUncaught(error);
    return tasks.length > 0 || isInChild;
  }

  /** Tells the parent why the worker ends, before `announceEnd`. The requests that it runs fail when it has ended. */
  tellReason(error: unknown, exitCode: number): void {
    this.children.endAll(exitCode, error);
    this.#responder.tellUncaught(error);
  }

  /** The last act of the worker: tells the parent, which may be blocked, that nothing more comes from this worker. */
  announceEnd(exitCode: number): void {
    this.callables.reportAll();
    this.#gate.leave();
    announceEnd(this.views, this.#slot, exitCode);
  }

  /** Works without the event loop for as long as that is possible. Returns what to await then, or STOPPED. */
  #runUntilBlocked(): Promise<unknown> | typeof STOPPED {
    // Offers are looked for when the event loop has turned and when the ring is empty. So a claim costs nothing more, and
    // neither kind of request starves the other.
    let isOffersTurn = this.#gate.hasOffers;
    for (;;) {
      // Not while searching: a waker counts on a worker in the spin set to look at once.
      if (this.#state === RUNNING && this.#yieldBudget.isTurnDue())
        return this.#turn(this.#shared === undefined ? eventLoopTurn() : this.#shared.turn());
      if (this.#limits.isReached()) return this.#stop();
      // Children come before strangers. Only a worker that has run some looks for them before each claim.
      if (this.children.areExpected && this.#gate.hasChildren) {
        const awaited = this.#runChild();
        if (awaited !== undefined) return awaited;
      }
      const task = isOffersTurn ? this.#gate.claimOfferedFirst() : this.#gate.claim();
      isOffersTurn = false;
      if (task === STOPPED) return this.#stop();
      if (task === EMPTY) {
        if (this.#gate.hasChildren) {
          const awaited = this.#runChild();
          if (awaited !== undefined) return awaited;
        }
        this.#beginSearch();
        isOffersTurn = this.#gate.hasOffers;
        if (isOffersTurn) continue;
        // What was posted for requests that others have claimed must not pile up here.
        if (this.#inbox.hasUnread) this.#readInbox();
        // While callables wait in the event loop, it has to turn.
        const isAlone = this.activeRuns.waitingCount === 0 && this.#shared === undefined;
        const spinUs = isAlone ? this.#spinBudget.us : 0;
        const unparked = awaitWork(this.#gate, spinUs, isAlone ? BLOCK_MS : 0);
        if (unparked !== undefined)
          return this.#turn(this.#shared?.untilUnparked(unparked) ?? unparked);
        continue;
      }
      if (this.#state === SEARCHING) this.#endSearch();
      if (!this.#gate.leave()) return NEVER;
      const awaited = this.#runTask(task);
      if (awaited !== undefined) return awaited;
    }
  }

  /** Waits for something that comes with a turn of the event loop. */
  async #turn(awaited: Promise<unknown>): Promise<void> {
    if (this.#state === RUNNING) this.#busy.count(true);
    this.#readInbox();
    await awaited;
    this.#yieldBudget.turned();
  }

  /** Reads the inbox away from the queue, because messages may be large. */
  #readInbox(): void {
    this.#gate.leave();
    this.#inbox.read();
  }

  #beginSearch(): void {
    if (this.#state === RUNNING) this.#busy.count(false);
    this.#state = SEARCHING;
  }

  #endSearch(): void {
    this.#state = RUNNING;
    const searchedUs = this.#busy.begin() * 1000;
    if (searchedUs <= this.#spinBudget.us) this.#spinBudget.sufficed();
    else this.#spinBudget.failed();
    // The last spinner hands the search on: puts that saw it spinning woke no worker.
    endSearch(this.#gate);
  }

  /**
   * Ends the loop. An unpark may have been meant for this worker: when work remains, another one is woken. A killed
   * worker does nothing more.
   */
  #stop(): typeof STOPPED | Promise<never> {
    if (!stopSearch(this.#gate)) return NEVER;
    if (this.#state === RUNNING) this.#busy.count(false);
    return STOPPED;
  }

  /**
   * Takes a child of another worker and runs it. A worker whose runs wait in its event loop takes none: if the child had to be
   * killed, they would die with it.
   *
   * @returns what to await before the loop goes on; undefined when there is no child for it, or the child is over
   */
  #runChild(): Promise<unknown> | undefined {
    const taken = this.children.take(this.activeRuns.waitingCount);
    if (taken === undefined) return undefined;
    if (this.#state === SEARCHING) {
      this.#state = RUNNING;
      this.#busy.begin();
      endSearchWithChild(this.#gate);
    }
    return this.#gate.leave() ? this.children.run(taken) : NEVER;
  }

  /** Runs a claimed request. Returns what to await before the next one is claimed. */
  #runTask(task: number): Promise<void> | undefined {
    const { words, firstTask } = this.views;
    const first = firstTask + task * TASK_WORDS;
    this.activeRuns.begin(task);
    this.#limits.countRequest();
    const callable = this.callables.get(words[first + TASK_CALLABLE] as number);
    const flags = words[first + TASK_FLAGS] as number;
    const isTimed = (flags & IS_TIMED) !== 0;
    if (isTimed) {
      const at = TIME_ORIGIN + performanceNow();
      noteStart(this.views, task, at);
      this.#outbox.beginTimes(task, at);
    }
    const others = flags & ~IS_TIMED;
    if (
      callable !== undefined &&
      (others === NUMBERS || others === IN_BAND) &&
      !this.activeRuns.isMarking
    )
      return this.#calls.startPlain(task, first, others, callable, isTimed);
    if (callable === undefined || needsPreparing(flags)) return this.#prepareAndRun(task);
    return this.#calls.start(task, callable, undefined);
  }

  /**
   * Runs a request whose callable or arguments have to be fetched first. No other request is claimed meanwhile: it would
   * wait behind this one, whose callable may block the worker.
   */
  async #prepareAndRun(task: number): Promise<void> {
    const { words } = this.views;
    const first = this.views.task(task);
    this.activeRuns.preparing = task;
    try {
      const callable = await this.callables.load(words[first + TASK_CALLABLE] as number);
      const flags = words[first + TASK_FLAGS] as number;
      const outOfBand = hasOutOfBand(flags) ? await this.#inbox.fetch(task) : undefined;
      if (isStopRequested(this.views, task)) throw new StoppedBeforeItRan();
      this.activeRuns.prepared(task);
      const hasStores = (flags & HAS_STORES) !== 0;
      await this.#calls.start(
        task,
        hasStores ? this.#stores.within(callable, task) : callable,
        outOfBand,
      );
    } catch (error) {
      this.activeRuns.prepared(task);
      await this.#responder.replyFailure(task, error);
    }
  }

  /** The reason to stop a run that is over concerns nobody. */
  readonly #takeStopReason = (message: StopReasonMessage): void => {
    const { task } = message.stopReason;
    if (this.activeRuns.tasks.includes(task)) this.#contexts.noteStopReason(message);
  };

  /**
   * A run is over, and its outcome published: the worker is at the queue. It stays there when the next claim comes at
   * once, and leaves when the event loop turns first.
   */
  readonly #end = (task: number): void => {
    this.activeRuns.end(task);
    this.#contexts.end(task);
    if (this.#gate.passesChildren) this.children.noteWaiting(this.activeRuns.waitingCount);
    if (this.#state !== RUNNING) this.#gate.leave();
  };

  readonly #endShared = (task: number): void => {
    this.#end(task);
    this.#shared?.onRunEnded();
  };
}
