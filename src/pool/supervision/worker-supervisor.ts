import { bumpEpoch, dismissAtGate, unpark } from "../../../native-queue/index.ts";
import type { QueueViews } from "../../../native-queue/index.ts";
import { ThreadPoolError } from "../../errors.ts";
import type { ChannelSet } from "../queue/channel-set.ts";
import type { TaskTable } from "../queue/task-table.ts";
import { WorkerChannel } from "../queue/worker-channel.ts";
import { Burials } from "./burials.ts";
import { Autoscaler } from "./autoscaler.ts";
import type { ScaledWorkers } from "./autoscaler.ts";
import { LaterRuns } from "./later-runs.ts";
import { LingeringThreads } from "./lingering-threads.ts";
import { Reactor } from "./reactor.ts";
import type { ReactorWorkers } from "./reactor.ts";
import { RestartPolicy, notAllStarted, startFailure } from "./restart-policy.ts";
import type { PoolFailure } from "./restart-policy.ts";
import { RunStops } from "./run-stops.ts";
import type { StopSupervisor } from "./run-stops.ts";
import { WorkerLists } from "./worker-lists.ts";
import { NO_HISTORY, WorkerRecord, endedBefore, figuresOf } from "./worker-record.ts";
import type { RecordSupervisor, RestartHistory, WorkerFigures } from "./worker-record.ts";
import type { SupervisorParts, SupervisorSettings } from "./supervisor-parts.ts";
import { WorkerSlots } from "./worker-slots.ts";

/**
 * The workers of a pool: started, dismissed, joined, killed, buried, and replaced when they die.
 *
 * A dead worker is cleaned up after in a fixed order, which is the queue's: see `buryWorker` and `killWorker`. After a
 * worker that ends by itself its slot and its tasks are free at once, while its thread may linger: see
 * `LingeringThreads`. After a worker that is killed they are free when its
 * thread is gone, because the thread may still read them.
 */
export class WorkerSupervisor
  implements RecordSupervisor, ReactorWorkers, ScaledWorkers, StopSupervisor
{
  readonly reactor: Reactor;
  readonly stops: RunStops;
  readonly later: LaterRuns;
  readonly #tasks: TaskTable;
  readonly #channels: ChannelSet;
  readonly #parts: SupervisorParts;
  readonly #settings: SupervisorSettings;
  readonly #views: QueueViews;
  readonly #slots: WorkerSlots;
  readonly #restarts: RestartPolicy;
  readonly #lingering: LingeringThreads;
  readonly #autoscaler: Autoscaler | undefined;
  /** Called when the pool cannot go on; bound late, by `failWith`. */
  #fail: (failure: PoolFailure) => void = () => {};
  readonly #burials: Burials;
  readonly #lists = new WorkerLists();
  #lastId = 0;
  #isDisbanded = false;

  constructor(parts: SupervisorParts, settings: SupervisorSettings) {
    const { tasks, channels, queue, deadlines } = parts;
    this.#views = tasks.views;
    this.#tasks = tasks;
    this.#channels = channels;
    this.#parts = parts;
    this.#settings = settings;
    this.#slots = new WorkerSlots(tasks.views);
    this.later = new LaterRuns(settings.workers.initializers);
    this.#burials = new Burials(parts);
    this.#restarts = new RestartPolicy(deadlines, settings.graceMs);
    const { concurrency } = settings.workers;
    const { graceMs } = settings;
    const stopParts = { ...parts, views: this.#views, slots: this.#slots, concurrency, graceMs };
    this.stops = new RunStops(stopParts, this);
    this.#lingering = new LingeringThreads(settings.graceMs);
    this.reactor = new Reactor(this, channels, queue, deadlines);
    if (settings.maxWorkers > settings.minWorkers)
      this.#autoscaler = new Autoscaler(this, queue, tasks, deadlines, settings);
  }

  /** Names what is called when the pool cannot go on: an initializer has failed, or no worker can be started. */
  failWith(fail: (failure: PoolFailure) => void): void {
    this.#fail = fail;
  }

  get running(): readonly WorkerRecord[] {
    return this.#lists.running;
  }

  /** Dismissed and not joined, in the order of the dismissals. */
  get dismissed(): readonly WorkerRecord[] {
    return this.#lists.dismissed;
  }

  /**
   * Whether any worker can still deliver a result. A dismissed one completes the request it has. One that has ended
   * stays among the running ones while its successor is planned.
   */
  get canDeliver(): boolean {
    return this.#channels.size + this.running.length > 0;
  }

  /**
   * Whether any worker can still deliver a result, or one is coming that can. A successor that waits for a slot is started
   * by the event loop, which hears of the end of a thread; a parent that blocks does not.
   */
  mayDeliver(whileBlocking: boolean): boolean {
    return this.canDeliver || (!whileBlocking && this.#lists.owed > 0);
  }

  /** Whether a worker takes requests, or one that will is coming. A dismissed worker takes none. */
  get takesRequests(): boolean {
    return this.running.length > 0 || this.#lists.owed > 0 || this.#autoscaler !== undefined;
  }

  get ready(): readonly WorkerRecord[] {
    return this.running.filter(({ isReady }) => isReady);
  }

  get mayStart(): boolean {
    return this.#slots.hasFree && !this.#isDisbanded;
  }

  /** Whether every worker takes requests: it has started, with its initializer. */
  get areAllReady(): boolean {
    return this.ready.length === this.running.length && this.#lists.owed === 0;
  }

  /** The figures of the workers that have not ended. */
  figures(): WorkerFigures[] {
    return this.#slots.recordsOf(this.#channels.all).map((each) => figuresOf(this.#views, each));
  }

  /**
   * Starts `count` workers, or none.
   *
   * @throws RangeError when the queue could not serve that many
   * @throws ThreadPoolError when one of them cannot be started; those started before it are dismissed
   */
  create(count: number): void {
    this.#slots.checkRoom(count);
    const started: WorkerRecord[] = [];
    while (started.length < count) {
      const record = this.#start(NO_HISTORY);
      this.#lists.add(record);
      started.push(record);
      if (record.channel.startError !== undefined) this.#undo(started, count);
    }
    this.#sizeChanged();
  }

  /** Starts one worker that the pool needs. A start that fails is tried again later. */
  grow(): void {
    const record = this.#start(NO_HISTORY);
    this.#lists.add(record);
    this.#sizeChanged();
    this.#buryUnstarted(record);
  }

  /** Whether the number of workers follows the load. */
  get isScaling(): boolean {
    return this.#autoscaler !== undefined;
  }

  /** Call it after a request was put: the pool may need one more worker. */
  notePut(): void {
    this.#autoscaler?.notePut();
  }

  startFirst(): void {
    this.#autoscaler?.startFirst();
  }

  /** Dismisses the newest `count` workers, newest first. Returns them. Where there are fewer, owed ones are not started. */
  dismissNewest(count: number): WorkerRecord[] {
    const newestFirst = this.running.toReversed().slice(0, count);
    for (const record of newestFirst) this.dismiss(record);
    this.#lists.takeBackOwed(count - newestFirst.length);
    // It may have been the last one for those who wait for a result.
    this.#parts.turns.request();
    return newestFirst;
  }

  dismiss(record: WorkerRecord): void {
    if (!this.running.includes(record)) return; // dismissed before, or dead
    this.#lists.addDismissed(record);
    this.dismissUnjoined(record);
  }

  dismissUnjoined(record: WorkerRecord): void {
    this.#lists.removeRunning(record);
    // It may have been the last worker for the requests that wait.
    this.#parts.turns.request();
    if (record.workerState !== "running") return; // it has ended, and its successor is planned
    this.#closeGate(record, "dismissed");
    this.#restarts.limitDismissed(record, () => this.kill(record));
    this.#parts.announcements.dismissed(record);
  }

  /** Blocks until a dismissed worker has ended. */
  join(record: WorkerRecord): void {
    if (record.state === "running")
      throw new ThreadPoolError(
        `A worker ends only when it is dismissed; dismiss it first: worker=${record.thread.id}`,
      );
    this.reactor.reactUntil(() => record.state === "ended" || this.#parts.holds.checkJoin(record));
  }

  /** Joins dismissed workers, and removes them from the list of the dismissed. */
  joinAndForget(records: readonly WorkerRecord[]): void {
    for (const record of records) this.join(record);
    this.#lists.removeDismissed(records);
  }

  /** Blocks until every worker that takes no more requests has ended, those too that nobody joins. */
  joinLeaving(): void {
    for (const record of this.#slots.recordsOf(this.#channels.all))
      if (record.state === "dismissed") this.join(record);
  }

  /** Ends a worker now, whatever it does. */
  kill(record: WorkerRecord): void {
    this.#lingering.end(record.channel);
    this.#kill(record, () => this.#replace(record));
  }

  /** Lets a worker take no more requests, and starts its successor; it goes on with the requests that it has. */
  retire(record: WorkerRecord): void {
    this.#closeGate(record, "retiring");
    this.#parts.announcements.retired(record);
    this.#replace(record);
  }

  readResults(channel: WorkerChannel): void {
    const record = this.#slots.at(channel.slot);
    if (record?.channel !== channel) return;
    // A worker whose results make no sense has damaged memory, and must not damage more of it.
    if (!this.#parts.collector.readResults(channel))
      this.#kill(record, () => this.#replaceEnded(record, null));
    else this.stops.killIfRetired(record);
  }

  bury(channel: WorkerChannel, exitCode: number): void {
    const record = this.#slots.at(channel.slot);
    if (record?.channel !== channel) return;
    // It was killed in this pass.
    if (record.workerState === "killed") return;
    this.#lingering.add(channel);
    this.#bury(record, exitCode);
  }

  /** Ends every thread at once, also those of workers that have ended by themselves. Starts no successors. */
  terminate(): void {
    this.disband();
    this.#lingering.endAll();
  }

  /**
   * Ends every worker that has not ended at once, without successors. The requests that they run are not settled here.
   */
  disband(): void {
    this.#isDisbanded = true;
    this.#settings.workers.threads.endAhead();
    this.#parts.collector.tellLostRuns();
    for (const record of this.#slots.recordsOf(this.#channels.all)) {
      record.shutDown(this.#views);
      this.#parts.announcements.ended(record, null, true);
    }
    this.#channels.clear();
    this.#lists.dismissAll();
    // An event loop that waits for this epoch would keep the pool's memory for ever.
    bumpEpoch(this.#views);
  }

  workerReady(record: WorkerRecord): void {
    if (record.workerState !== "running") return;
    record.endStartLimit();
    // It may be the last one that `ready` waits for.
    this.#parts.turns.request();
    this.#parts.announcements.ready(record);
  }

  workerClosed(record: WorkerRecord, exitCode: number): void {
    this.#lingering.remove(record.channel);
    if (record.workerState === "killed") {
      record.workerState = "ended";
      // Until now the thread could read the payloads of its tasks, and its own words of the slot.
      this.#tasks.freeAll(record.heldTasks);
      record.heldTasks = [];
      this.#freeSlot(record);
      this.#parts.queue.refill();
    } else if (record.workerState !== "ended") this.#bury(record, exitCode);
  }

  #start(history: RestartHistory): WorkerRecord {
    const slot = this.#slots.take();
    const channel = new WorkerChannel(slot, ++this.#lastId, this.#views, this.#settings.workers);
    const record = new WorkerRecord(channel, history, this);
    this.#restarts.limitLoading(this.#views, record, () =>
      this.#kill(record, () => this.#replaceEnded(record, null)),
    );
    this.#slots.set(slot, record);
    this.#channels.add(channel);
    this.#parts.queue.introduce(channel);
    channel.begin(this.#channels.memory, record);
    this.#parts.announcements.started(record);
    return record;
  }

  /** Ends the workers of a call that cannot start the last one of them, and throws why. */
  #undo(started: readonly WorkerRecord[], count: number): never {
    const last = started.at(-1) as WorkerRecord;
    // A worker may have claimed a request by now, so it is not killed.
    for (const record of started.toReversed()) this.dismissUnjoined(record);
    this.#bury(last, null);
    throw notAllStarted(last, started.length - 1, count);
  }

  /**
   * A worker whose thread could not be started has ended before it was ready, like others that fail to start. It is
   * buried at the next opportunity, as theirs are: its predecessor may not be told of yet.
   */
  #buryUnstarted(record: WorkerRecord): void {
    if (record.channel.startError === undefined) return;
    this.#parts.deadlines.add(0, () => {
      if (record.workerState !== "ended") this.#bury(record, null);
    });
  }

  /** Lets a worker take no more requests, and wakes it if it is parked. */
  #closeGate(record: WorkerRecord, state: "dismissed" | "retiring"): void {
    record.workerState = state;
    dismissAtGate(this.#views, record.channel.slot);
    unpark(this.#views, record.channel.slot);
    this.#parts.queue.endOffers(record.channel.slot);
  }

  #kill(record: WorkerRecord, replace: () => void): void {
    const { workerState: before, channel } = record;
    if (before === "killed" || before === "ended") return;
    // Without a thread no end of it would be heard of.
    if (channel.startError !== undefined) {
      this.#bury(record, null);
      return;
    }
    this.#burials.kill(record);
    this.#parts.queue.endOffers(channel.slot, () => endedBefore(record, null));
    this.#removed();
    if (before === "running") replace();
    this.#parts.announcements.ended(record, null);
  }

  /** @param exitCode null for a worker that could not be started */
  #bury(record: WorkerRecord, exitCode: number | null): void {
    const { workerState: before, channel } = record;
    this.#burials.bury(record, exitCode);
    this.#removed();
    // The last results may tell of the initializer. After the slot is free, the words of the slot are a successor's.
    const { isReady, isRecycled, initializerError } = channel;
    const reason = isRecycled ? undefined : () => endedBefore(record, exitCode);
    this.#parts.queue.endOffers(channel.slot, reason);
    this.#freeSlot(record);
    if (initializerError !== undefined)
      this.#fail({ why: this.later.failure, cause: initializerError.error });
    else if (before === "running") this.#replaceEnded(record, exitCode);
    const wasExpected = isRecycled || before === "dismissed" || before === "retiring";
    this.#parts.announcements.ended(record, exitCode, wasExpected && isReady);
  }

  #removed(): void {
    this.#sizeChanged();
    this.stops.limitOrphans();
    // A wait for the end of workers may be over.
    this.#parts.turns.request();
  }

  #sizeChanged(): void {
    this.#parts.queue.limitToWorkers();
    this.#autoscaler?.watchIdle();
  }

  /** Replaces a worker that the user has not ended; the `RestartPolicy` says when. */
  #replaceEnded(record: WorkerRecord, exitCode: number | null): void {
    const leavesRequests = this.#parts.queue.waiting > 0;
    const left = { leavesRequests, readyWorkers: this.ready.length };
    const isPlanned = this.#restarts.tryReplace(record, left, (history) => {
      // The worker may have been dismissed meanwhile.
      if (this.running.includes(record)) this.#replace(record, history);
    });
    if (!isPlanned) this.#fail(startFailure(record, exitCode));
  }

  #replace(record: WorkerRecord, history = record.historyAfter): void {
    if (this.#isDisbanded) return;
    if (!this.mayStart) {
      this.#lists.owe(record);
      return;
    }
    const successor = this.#start(history);
    this.#lists.replace(record, successor);
    this.#sizeChanged();
    this.#buryUnstarted(successor);
  }

  /** Frees the slot of a worker that has ended. A successor that waits for a slot gets it. */
  #freeSlot({ channel }: WorkerRecord): void {
    this.#slots.free(channel.slot);
    if (!this.#isDisbanded && this.#lists.tryPayOwed()) this.grow();
  }
}
