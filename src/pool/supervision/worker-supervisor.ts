/**
 * The workers of a pool: started, dismissed, joined, and replaced when they die.
 *
 * A dead worker's slot in the queue is cleaned in a fixed order: its bits leave the sets, its results
 * are read, what it still held is settled, every live worker is woken (the dead one may have been
 * about to wake somebody), and only then its slot goes to another. After a worker that is killed all this is done
 * at once, for behind its shut gate it changes nothing any more; its slot and its tasks wait for its thread's end.
 */
import {
  ARM_FOR_RESULTS,
  WorkerPass,
  awaitWorkers,
  bumpEpoch,
  dismissAtGate,
  hasStarted,
  shutGate,
  unpark,
} from "../../../native-queue/index.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";
import { NO_HISTORY, deathOf, figuresOf } from "./worker-record.ts";
import type { RestartHistory, WorkerRecord, WorkerFigures } from "./worker-record.ts";
import { ThreadPoolError } from "../../errors.ts";
import type { Exchange } from "../queue/request-queue.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import { RestartPolicy } from "./restart-policy.ts";
import { WorkerChannel } from "../queue/worker-channel.ts";
import type { StopMessage } from "../../protocol/flags.ts";
import { WorkerSlots } from "./worker-slots.ts";
import { WorkerThread } from "../worker-thread.ts";
import type { WorkerThreadOwner, WorkerThreadState } from "../worker-thread.ts";

export class WorkerSupervisor implements WorkerThreadOwner {
  /** Replaced, never changed: somebody may be going through it. */
  workers: readonly WorkerThread[] = [];
  dismissedWorkers: readonly WorkerThread[] = [];
  readonly #options: SupervisorOptions;
  readonly #exchange: Exchange;
  /** Members whose results are read: running or dismissed. */
  #present: WorkerRecord[] = [];
  readonly #members = new WeakMap<WorkerThread, WorkerRecord>();
  readonly #slots: WorkerSlots;
  readonly #starts: RestartPolicy;
  #lastId = 0;
  /** Successors that wait for a slot: every slot belongs to a killed worker whose thread is not gone yet. */
  #owed = 0;
  #isDisbanded = false;
  readonly #pass: WorkerPass<WorkerRecord>;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#exchange = options.exchange;
    this.#slots = new WorkerSlots(this.#exchange.views);
    this.#starts = new RestartPolicy(options);
    this.#pass = new WorkerPass(this.#exchange.views, {
      readResults: (member) => this.#readResults(member),
      bury: (member, exitCode) => {
        // A worker whose results make no sense was killed when they were read.
        if (member.channel.state !== "killed") this.#bury(member, exitCode);
      },
    });
  }

  /** Is there a result to read or an end to notice? Cheap enough to spin on. */
  readonly hasUnread = (): boolean => {
    for (const { channel } of this.#present) if (channel.reader.hasNext) return true;
    return this.#pass.hasNewEnds;
  };

  /** Can any worker still deliver a result? A dismissed one finishes the request it has. */
  get canDeliver(): boolean {
    return this.#present.length + this.#starts.delayed > 0;
  }

  /** Those that take requests by now. */
  get ready(): WorkerRecord[] {
    return this.#present.filter(({ channel }) => channel.state === "running" && channel.isReady);
  }

  /** Is there a slot for one more worker, and any use for it? */
  get mayStart(): boolean {
    return this.#slots.hasFree && !this.#isDisbanded;
  }

  /** Starts `count` workers. Throws a RangeError when the queue could not serve that many. */
  create(count: number): void {
    this.#slots.checkRoom(count);
    for (let i = 0; i < count; i++) this.workers = [...this.workers, this.#start(NO_HISTORY)];
    this.#options.onSizeChange(this.#present.length);
  }

  /** Dismisses the newest `count` workers, newest first. Returns them. */
  dismissNewest(count: number): WorkerThread[] {
    const dismissed = this.workers.slice(Math.max(0, this.workers.length - count)).reverse();
    for (const worker of dismissed) this.dismiss(worker);
    return dismissed;
  }

  dismiss(worker: WorkerThread): void {
    if (!this.workers.includes(worker)) return; // dismissed before, or dead
    this.dismissedWorkers = [...this.dismissedWorkers, worker];
    this.release(worker);
  }

  /** Dismisses a worker for whose end nobody waits. */
  release(worker: WorkerThread): void {
    this.#takeOff(worker);
    const member = this.#member(worker);
    const { channel } = member;
    if (channel.state !== "running") return; // it has ended, and its successor was to come
    this.#dismiss(member);
    this.#starts.limitDismissed(member, () => this.kill(worker));
    this.#options.events.emit("workerDismissed", worker);
  }

  /** Lets a worker take no more requests. */
  #dismiss({ channel }: WorkerRecord): void {
    channel.state = "dismissed";
    dismissAtGate(this.#exchange.views, channel.slot);
    unpark(this.#exchange.views, channel.slot);
  }

  join(worker: WorkerThread): void {
    if (this.stateOf(worker) === "running") {
      throw new ThreadPoolError(
        `A worker ends only when it is dismissed; dismiss it first: worker=${worker.id}`,
      );
    }
    this.collect();
    while (this.stateOf(worker) !== "ended") {
      const { deadlines, exchange } = this.#options;
      awaitWorkers(exchange.views, ARM_FOR_RESULTS, this.hasUnread, 0, deadlines.remainingMs);
      this.collect();
    }
  }

  /** Joins dismissed workers, and takes them off the list of the dismissed. */
  joinAndForget(workers: readonly WorkerThread[]): void {
    const joined = [...workers];
    for (const worker of joined) this.join(worker);
    this.dismissedWorkers = this.dismissedWorkers.filter((worker) => !joined.includes(worker));
  }

  kill(worker: WorkerThread): void {
    this.#kill(this.#member(worker), (member) => this.#replace(member));
  }

  #kill(member: WorkerRecord, replace: (member: WorkerRecord) => void): void {
    const { channel } = member;
    if (channel.state === "killed" || channel.state === "ended") return;
    const hasSuccessor = channel.state === "running";
    member.heldTasks = this.#exchange.kill(channel, () => this.#slotsBut(member));
    this.#remove(member);
    if (hasSuccessor) replace(member);
    this.#tellOfDeath(member, null);
    this.#options.onEnd();
  }

  /** Tells a worker that a run is to stop; for callables that wait for something in its event loop. */
  postStop(slot: number, message: StopMessage): void {
    this.#slots.at(slot)?.channel.postStop(message);
  }

  /**
   * Ends a worker in which a run should have stopped: now, or, where several run at a time and the worker's event loop
   * turns, when nothing but such runs is left in it. Until then it takes no more requests, and its successor does.
   */
  endStuck(slot: number, run: PendingRequest): void {
    const member = this.#slots.at(slot);
    if (member === undefined) return;
    const { channel } = member;
    if (this.#options.workerSettings.concurrency === 1 || !channel.hasHeardStops) {
      if (this.#exchange.runs.tryDecideEnd(run)) this.kill(member.thread);
      return;
    }
    if (channel.state === "running") {
      this.#dismiss(member);
      this.#replace(member);
    }
    member.isRetiring = true;
    if (!this.#exchange.runs.hasAwaited(slot)) this.kill(member.thread);
  }

  stateOf(worker: WorkerThread): WorkerThreadState {
    const { state } = this.#member(worker).channel;
    return state === "killed" ? "ended" : state;
  }

  /** Reads every result that is published, buries workers that have ended, and does what is due. */
  collect(): void {
    this.#pass.run(this.#present);
    if (this.#exchange.hasBacklog) this.#exchange.refill();
    if (this.#exchange.takeUnread()) this.wakeAll();
    this.#options.deadlines.doDue();
    this.#options.onCollected();
  }

  #readResults({ thread, channel, isRetiring }: WorkerRecord): void {
    // A worker whose results make no sense has damaged memory, and must not do more of it.
    const isSound = this.#exchange.drain(channel);
    if (!isSound || (isRetiring && !this.#exchange.runs.hasAwaited(channel.slot)))
      this.kill(thread);
  }

  /** Says something to every worker. */
  tell(say: (channel: WorkerChannel) => void): void {
    for (const { channel } of this.#present) say(channel);
  }

  /** Ends every worker at once, without successors. What they held is not settled here. */
  disband(): void {
    this.#isDisbanded = true;
    for (const { channel } of this.#present) {
      channel.state = "killed";
      shutGate(this.#exchange.views, channel.slot);
      channel.terminate();
      channel.closePort();
    }
    this.#present = [];
    this.dismissedWorkers = [...this.dismissedWorkers, ...this.workers];
    this.workers = [];
    // An event loop that still waits for news would keep the pool's memory for ever.
    bumpEpoch(this.#exchange.views);
  }

  figures(): WorkerFigures[] {
    return this.#present.map((member) => figuresOf(this.#exchange.views, member));
  }

  #start(legacy: RestartHistory): WorkerThread {
    const { views, memory } = this.#exchange;
    const slot = this.#slots.take();
    const thread = new WorkerThread(++this.#lastId, this);
    const channel = new WorkerChannel({
      memory,
      views,
      slot,
      workerId: thread.id,
      ...this.#options.workerSettings,
      introduce: (introduced) => this.#exchange.introduce(introduced),
      onReady: () => {
        member.endStartLimit();
        this.#options.events.emit("workerStarted", thread);
      },
      onClose: (_, exitCode) => this.#closed(member, exitCode),
    });
    const endStartLimit = this.#starts.limitLoading(
      () => hasStarted(views, slot),
      () => this.#kill(member, () => this.#replaceLater(member, null)),
    );
    const member: WorkerRecord = {
      ...legacy,
      thread,
      channel,
      slot,
      endStartLimit,
      isRetiring: false,
      heldTasks: [],
    };
    this.#slots.set(slot, member);
    this.#members.set(thread, member);
    this.#present.push(member);
    return thread;
  }

  /** The system says that the thread is gone. */
  #closed(member: WorkerRecord, exitCode: number): void {
    const { channel } = member;
    if (channel.state === "killed") {
      channel.state = "ended";
      // Until now its thread could still read the payloads of what it held, and its own words of the slot.
      this.#exchange.release(member.heldTasks);
      member.heldTasks = [];
      this.#freeSlot(member);
      this.#exchange.refill();
    } else if (channel.state !== "ended") {
      this.#bury(member, exitCode);
    }
    if (!this.#isDisbanded) this.#options.onEnd();
  }

  #bury(member: WorkerRecord, exitCode: number): void {
    const { channel } = member;
    const { state } = channel;
    channel.end();
    this.#exchange.release(this.#exchange.bury(channel, exitCode, () => this.#slotsBut(member)));
    this.#remove(member);
    // Its last results may tell of the initializer; and its words of the slot are a successor's after this.
    const { isReady, initializerError } = channel;
    this.#freeSlot(member);
    const wasExpected = state === "dismissed" || channel.isRecycled;
    if (initializerError !== undefined) this.#options.onInitializerError(initializerError.error);
    else if (state === "running") {
      if (isReady) this.#replace(member);
      else this.#replaceLater(member, exitCode);
    }
    if (!wasExpected || !isReady) this.#tellOfDeath(member, exitCode);
  }

  #tellOfDeath(member: WorkerRecord, exitCode: number | null): void {
    const { events } = this.#options;
    if (!events.hasListeners("workerDied")) return;
    events.emit("workerDied", member.thread, deathOf(member, exitCode));
  }

  #replaceLater(member: WorkerRecord, exitCode: number | null): void {
    this.#starts.replaceLater(member, exitCode, this.ready.length, (failedStarts) => {
      // It may have been dismissed meanwhile.
      if (this.workers.includes(member.thread)) this.#replace(member, failedStarts);
    });
  }

  /** Forgets a worker that is buried. */
  #remove(member: WorkerRecord): void {
    member.endStartLimit();
    member.channel.closePort();
    this.#present = this.#present.filter((other) => other !== member);
    this.#options.onSizeChange(this.#present.length);
  }

  #slotsBut(member: WorkerRecord): number[] {
    return this.#present.filter((other) => other !== member).map(({ slot }) => slot);
  }

  /** Makes every worker that is parked look at its port, the queue and its gate. */
  wakeAll(): void {
    for (const { channel } of this.#present) unpark(this.#exchange.views, channel.slot);
  }

  #replace(member: WorkerRecord, failedStarts: number = 0): void {
    if (this.#isDisbanded) return;
    const worker = member.thread;
    const deaths = member.deaths + (member.channel.isRecycled ? 0 : 1);
    if (!this.mayStart) {
      this.#takeOff(worker);
      this.#owed += 1;
      return;
    }
    const successor = this.#start({ deaths, failedStarts });
    this.workers = this.workers.with(this.workers.indexOf(worker), successor);
    this.#options.onSizeChange(this.#present.length);
  }

  #freeSlot(member: WorkerRecord): void {
    this.#slots.free(member.channel.slot);
    if (this.#owed === 0 || this.#isDisbanded) return;
    this.#owed -= 1;
    this.create(1);
  }

  #takeOff(worker: WorkerThread): void {
    this.workers = this.workers.filter((other) => other !== worker);
  }

  #member(worker: WorkerThread): WorkerRecord {
    const member = this.#members.get(worker);
    if (member === undefined)
      throw new ThreadPoolError(`This worker belongs to another pool: worker=${worker.id}`);
    return member;
  }
}
