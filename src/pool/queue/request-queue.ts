import { ARM_FOR_CLAIMS, ARM_FOR_RESULTS, bumpEpoch } from "../../../native-queue/index.ts";
import { LazyEncoder } from "../../codec/index.ts";
import {
  OUT_OF_BAND_POSTED,
  NO_BYTES,
  spillOf,
  outOfBandMessage,
  outOfBandPartsOf,
  payloadKindOf,
  withSpill,
} from "../../protocol/index.ts";
import type { PoolEvents } from "../events.ts";
import type { Turns } from "../event-loop/turns.ts";
import { CallbackRequest, NOWHERE, SyncRequest } from "../request/pending-request.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import { NOT_TIMED, PUT_BEFORE } from "../request/put-times.ts";
import type { RequestTable } from "../request/request-table.ts";
import { Backlog, BacklogEntry } from "./backlog.ts";
import type { ChannelSet } from "./channel-set.ts";
import { LEFT_OUT, OfferEntry, Offers } from "./offers.ts";
import { copyOf, movedToOne, withRequestID } from "./request-arguments.ts";
import { SharedBuffers } from "./shared-buffers.ts";
import type { Payload } from "./arrival.ts";
import type { TaskTable } from "./task-table.ts";
import type { WorkerChannel } from "./worker-channel.ts";

/** After a payload of this length the encoder frees its memory. */
const LARGE_BYTES = 1 << 20;

/** The bounds of a queue, 0 for none. */
export interface QueueBounds {
  /** Requests that may be put and not claimed. */
  readonly qSize: number;
  /** Results that may wait to be read. */
  readonly resqSize: number;
}

/** The parts that a request queue is built from. */
export interface QueueParts {
  readonly tasks: TaskTable;
  readonly channels: ChannelSet;
  readonly table: RequestTable;
  readonly turns: Turns;
  readonly events: PoolEvents;
}

/**
 * Requests on their way to the workers.
 *
 * A request is published in a task at once when one is free, and goes to the backlog otherwise. Each result that is read
 * frees a task for the next request of the backlog. The queue knows its capacity, and tells listeners when it becomes
 * full and when it has room again.
 */
export class RequestQueue {
  readonly #tasks: TaskTable;
  readonly #channels: ChannelSet;
  readonly #table: RequestTable;
  readonly #turns: Turns;
  readonly #events: PoolEvents;
  readonly #bounds: QueueBounds;
  readonly #sharedBuffers: SharedBuffers;
  readonly #encoder: LazyEncoder;
  readonly #backlog = new Backlog();
  readonly #offers: Offers;
  #isFull = false;
  /** Throws why the pool takes no more requests; undefined while it does. */
  #refuse: ((isLate: boolean) => void) | undefined;
  #respectsPriorities = false;

  constructor(parts: QueueParts, bounds: QueueBounds) {
    this.#tasks = parts.tasks;
    this.#channels = parts.channels;
    this.#table = parts.table;
    this.#turns = parts.turns;
    this.#events = parts.events;
    this.#bounds = bounds;
    this.#sharedBuffers = new SharedBuffers(parts.channels);
    this.#encoder = new LazyEncoder(this.#sharedBuffers.idOf);
    this.#offers = new Offers(parts.tasks);
  }

  /** Requests put and not claimed. */
  get waiting(): number {
    return this.#backlog.length + this.#tasks.waiting;
  }

  /** Whether fewer requests wait than `qSize` allows. */
  hasCapacity(): boolean {
    const { qSize } = this.#bounds;
    return qSize === 0 || this.waiting < qSize;
  }

  /** Whether a request has found the queue full, and the event `drain` has not followed yet. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether the queue was full and has room again, so that the event `drain` is due. */
  readonly isDrainDue = (): boolean => this.#isFull && this.hasCapacity();

  /** What a parent that waits is to be woken for: for claims too while the queue is full, because they make room. */
  get wish(): number {
    return this.#isFull ? ARM_FOR_CLAIMS : ARM_FOR_RESULTS;
  }

  /**
   * Emits `full`, once until the queue has room again. Call it when a request has found no capacity.
   *
   * An event loop that waits by now has armed itself for results alone, and no claim would wake it. It is woken, and waits
   * anew with the present `wish`. A claim before that is seen by the second look of this wait, which asks for `isDrainDue`.
   */
  noteFull(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    if (this.#turns.isAwaiting) bumpEpoch(this.#tasks.views);
    this.#events.emit("full");
  }

  /** Emits `drain` when it is due. Call it when workers may have claimed requests. */
  noteRoom(): void {
    if (!this.isDrainDue()) return;
    this.#isFull = false;
    this.#events.emit("drain");
  }

  /**
   * Encodes the arguments of a request, puts the request, and asks for a turn of the event loop, which is to read
   * its result.
   *
   * @returns false when the request went to the backlog
   * @throws PayloadError when an argument cannot cross, and what `checkMayPut` throws; then nothing was put
   */
  submit(
    pending: PendingRequest,
    args: readonly unknown[],
    transfer: readonly object[] | undefined,
  ): boolean {
    const isInTask =
      this.#tryPutPrimitives(pending, args, transfer) || this.#put(pending, args, transfer);
    // The caller of runSync waits by itself.
    if (pending instanceof SyncRequest) this.#tasks.publishHeldBack();
    else if (!this.#turns.isScheduled) this.#requestTurn();
    return isInTask;
  }

  /**
   * Publishes all that `put` puts together, with one wake. A worker that is woken may get the core of this thread, and this one
   * none before the worker sleeps; then the other workers would have nothing until then.
   */
  putTogether(put: () => void): void {
    const { heldBack } = this.#tasks;
    heldBack.setTogether(true);
    try {
      put();
    } finally {
      heldBack.setTogether(false);
      this.publishHeldBack();
    }
  }

  /**
   * Asks for a turn. What is held back is published in it, and what was left to one worker is watched, so it comes even if there
   * is nothing to read yet.
   */
  #requestTurn(): void {
    this.#turns.request();
    const isOwed = this.#tasks.heldBack.count > 0 || this.#channels.keepsSearch;
    if (isOwed && !this.#turns.isScheduled) this.#turns.schedule();
  }

  /** Publishes what is held back. Call it before anything that may take long: see `HeldBackTasks`. */
  publishHeldBack(): void {
    this.#tasks.publishHeldBack();
  }

  /** See `BriefWork.watch`. */
  watchSearch(): void {
    this.#tasks.brief.watch();
  }

  /** Whether requests wait that were left to one worker. */
  get areLeftToOne(): boolean {
    return this.#tasks.brief.isWaiting;
  }

  /** Publishes what is held back, and wakes a second worker if one is needed. Call it before this thread sleeps. */
  handSearchOn(): void {
    this.#tasks.publishHeldBack();
    this.#tasks.brief.handOn();
  }

  /**
   * Puts one request for each of several workers, all with the same arguments. A request waits for its worker alone, and
   * counts neither against `qSize` nor as waiting.
   *
   * @throws PayloadError when an argument cannot cross to all of them, and what `checkMayPut` throws; then nothing was put
   */
  submitToEach(all: readonly PendingRequest[], args: readonly unknown[]): void {
    const [first] = all;
    if (first === undefined) return;
    const encoder = this.#encoder.made;
    const length = encoder.prepare(args, "args", undefined, first.control?.foreign);
    this.checkMayPut(first);
    if (encoder.transferList.length > 0) throw movedToOne("args");
    const spill = this.#tasks.arenas.isForArena(length)
      ? undefined
      : spillOf(encoder, length, "args");
    const parts = outOfBandPartsOf(encoder);
    const outOfBand = spill === undefined ? parts : withSpill(parts, spill, length);
    const encoded = spill === undefined ? copyOf(encoder, length) : NO_BYTES;
    encoder.forget();
    const arrival = { length: spill === undefined ? length : 0, areNumbers: false };
    for (const pending of all) {
      pending.outOfBand = outOfBand;
      this.#table.add(pending);
      this.#offers.add(pending, encoded, arrival);
    }
    this.refill();
    this.#turns.request();
  }

  /**
   * The worker of a slot claims nothing more: settles what only it could run, and has not claimed.
   *
   * @param reason why its requests fail; undefined when the worker was dismissed or has ended as it should
   */
  endOffers(slot: number, reason?: (pending: PendingRequest) => Error): void {
    for (const pending of this.#offers.takeAll(slot)) {
      if (!this.tryWithdraw(pending)) continue;
      if (reason === undefined) this.#table.settle(pending, "cancelled", LEFT_OUT);
      else this.#table.settle(pending, "failed", reason(pending));
    }
  }

  /**
   * Throws when the request may not be put any more, although it might have been when the put began. Call it after code
   * of the program has run in the middle of a put: a listener of `full` or a getter of an argument may have closed the
   * pool, aborted the signal of the request, or put the same request.
   */
  checkMayPut(pending: PendingRequest): void {
    this.#refuse?.(pending.control?.isPutLate === true);
    pending.control?.signal?.throwIfAborted();
    if (pending instanceof CallbackRequest) this.#table.checkUnique(pending.request);
  }

  /** Lets no request be put any more. @param refuse throws the error for a put; see `RequestControl.isPutLate` */
  close(refuse: (isLate: boolean) => void): void {
    this.#refuse = refuse;
  }

  /** Puts a request whose arguments are a few primitives. Returns false for any other, and while there is no room. */
  #tryPutPrimitives(
    pending: PendingRequest,
    args: readonly unknown[],
    transfer: readonly object[] | undefined,
  ): boolean {
    if (pending.control !== undefined && pending.priority !== 0) this.#respectPriorities();
    const tasks = this.#tasks;
    if (typeof args[0] === "object" || transfer !== undefined) return false;
    if (typeof pending.requestID !== "number") return false;
    if (this.#backlog.length > 0 || !tasks.hasRoom) return false;
    if (!tasks.tryPublishPrimitives(pending, args)) return false;
    // The elements of an array may be getters, too, which may have closed the pool. What was claimed meanwhile was put.
    if (this.#refuse !== undefined && this.tryWithdraw(pending)) this.#refuse(false);
    this.#table.add(pending);
    return true;
  }

  #put(
    pending: PendingRequest,
    args: readonly unknown[],
    transfer: readonly object[] | undefined,
  ): boolean {
    const encoder = this.#encoder.made;
    const length = encoder.prepare(
      withRequestID(pending, args),
      "args",
      transfer,
      pending.control?.foreign,
    );
    this.checkMayPut(pending);
    // Allocate the spill first: it can throw, and nothing is queued yet.
    const isSpilled =
      !this.#tasks.arenas.isForArena(length) || (length > LARGE_BYTES && !this.#hasRoom);
    const { spills } = this.#tasks.arenas;
    const spill = isSpilled ? spills.store(encoder, length, "args") : undefined;
    pending.outOfBand = outOfBandPartsOf(encoder);
    if (spill !== undefined) pending.outOfBand = withSpill(pending.outOfBand, spill, length);
    this.#table.add(pending);
    const encoded = spill === undefined ? encoder : NO_BYTES;
    const arrival = { length: spill === undefined ? length : 0, areNumbers: false };
    // Only now: a getter of an argument may have put other requests.
    const hasRoom = this.#hasRoom;
    if (hasRoom) {
      this.#tasks.publish(pending, encoded, arrival);
    } else {
      this.#backlog.push(pending, encoded, arrival);
      this.refill();
    }
    if (length > LARGE_BYTES) encoder.trim();
    else encoder.forget();
    return hasRoom;
  }

  /**
   * Adapts the limit of requests in tasks to the number of workers. Call it when that number has changed.
   *
   * A bound of results is kept by giving the workers fewer requests: as many as there may be results, and one in the
   * hands of each worker. In a pool that uses priorities each worker has one request that runs and one that waits, so
   * that later requests can overtake the others.
   */
  limitToWorkers(): void {
    const workers = this.#channels.size;
    const limits = [Infinity];
    if (this.#bounds.resqSize > 0) limits.push(this.#bounds.resqSize + workers);
    if (this.#respectsPriorities) limits.push(2 * workers);
    this.#tasks.limit = Math.min(...limits);
    this.#tasks.heldBack.isAllowed = limits.length === 1 && this.#bounds.qSize === 0;
    this.refill();
  }

  /** Publishes requests of the backlog, as many as there is room for. */
  refill(): void {
    this.#offers.refill();
    if (this.#backlog.length === 0) return;
    for (let entry = this.#backlog.first; entry !== undefined; entry = this.#backlog.first) {
      if (!this.#tasks.hasRoom) break;
      this.#backlog.shift();
      this.#tasks.publish(entry.pending, entry, entry);
    }
    this.#tasks.publishHeldBack();
  }

  /** Puts a request again, in front of the backlog. Its payload must still be in its task. */
  putBack(pending: PendingRequest, { encoded, arrival }: Payload): void {
    this.#backlog.pushBack(pending, encoded, arrival);
  }

  /** Withdraws a request that no worker has claimed. Returns false when a worker was faster. */
  tryWithdraw({ location }: PendingRequest): boolean {
    if (location instanceof BacklogEntry) {
      this.#backlog.remove(location);
      return true;
    }
    if (location instanceof OfferEntry) {
      this.#offers.remove(location);
      return true;
    }
    return (
      typeof location === "number" && location !== NOWHERE && this.#tasks.tryWithdraw(location)
    );
  }

  /** Posts to a new worker what was posted to the others about requests that it may claim. */
  introduce(channel: WorkerChannel): void {
    this.#tasks.arenas.introduce(channel);
    for (const message of this.#sharedBuffers.messages()) channel.post(message);
    for (const [task, { outOfBand }] of this.#tasks.occupied()) {
      if (payloadKindOf(outOfBand) !== OUT_OF_BAND_POSTED) continue;
      channel.post(outOfBandMessage(task, this.#tasks.positionOf(task), outOfBand));
    }
  }

  /**
   * Takes the times of the requests that wait, from now on: their workers have not claimed them, so they have not been told
   * yet whether the runs are timed. Offers stay as they are.
   */
  timeWaiting(): void {
    const untimed = this.#table.snapshot().filter(({ putAt }) => putAt === NOT_TIMED);
    if (untimed.length === 0) return;
    for (const pending of untimed) pending.putAt = PUT_BEFORE;
    this.#takeBack();
    this.refill();
  }

  /** Forgets every request. The queue is not used any more. */
  abandon(): void {
    this.#backlog.clear();
    this.#offers.clear();
    this.#tasks.abandon();
  }

  /** Whether a request can be published at once: a task is free, and no request waits that was put before. */
  get #hasRoom(): boolean {
    return this.#backlog.length === 0 && this.#tasks.hasRoom;
  }

  /**
   * From now on few requests are in tasks at a time, so that priorities decide about the others. Those that no worker has
   * claimed come back to the backlog.
   */
  #respectPriorities(): void {
    if (this.#respectsPriorities) return;
    this.#respectsPriorities = true;
    this.#takeBack();
    this.limitToWorkers();
  }

  /** Takes those back to the front of the backlog that are in tasks and that no worker has claimed, but no offers. */
  #takeBack(): void {
    const lastFirst = [...this.#tasks.occupied()].sort(
      ([a], [b]) => this.#tasks.positionOf(b) - this.#tasks.positionOf(a),
    );
    for (const [task, pending] of lastFirst) {
      if (pending.isOffer) continue;
      const payload = this.#tasks.payloadOf(task);
      if (this.#tasks.tryWithdraw(task)) this.putBack(pending, payload);
    }
  }
}
