import { NoWorkersAvailable, PoolClosed, WorkerDied } from "../errors.ts";
import { Map, Set } from "../runtime/index.ts";
import { Chunk } from "./chunk.ts";
import type { Segment } from "./chunk.ts";
import { HAS_CURSOR, IS_PLAIN, REPORTS, SETTLES, SPREADS } from "./chunk-format.ts";
import type { ChunkArgs, ChunkReport } from "./chunk-format.ts";
import type { ChunkChannel, ChunkOutcome, ChunkPool } from "./chunk-pool.ts";
import { ChunkSizes, type ItemSizes } from "./chunk-sizes.ts";
import type { CollectionPlan } from "./collection-plan.ts";
import { LOOK_AGAIN_MS, lookBack } from "./look-back.ts";
import { Intake } from "./intake.ts";
import { type Outcomes, type Sink, setIndex } from "./outcomes.ts";
import { ItemPacker, bytesOf, reasonOf, unpack } from "./pack.ts";

/** How many chunks are put for each that can run: while one runs, the next waits in the queue. */
const CHUNKS_AHEAD = 2;
const NO_REASONS: ReadonlyMap<number, unknown> = new Map();

/**
 * The items of one `map` or `imap`, on their way through the workers.
 *
 * ```
 * source ──taken──▶ chunk ──put──▶ queue ──▶ worker ──reports──▶ sink
 *                     ▲                        │
 *                     └──not begun, or lost────┘
 * ```
 *
 * A few chunks are put at a time; each outcome makes room for the next. When nothing is left to put and a worker is idle, the
 * items that others have not begun are taken back and put again, so none waits behind a long one.
 */
export class Collection {
  readonly #pool: ChunkPool;
  readonly #plan: CollectionPlan;
  readonly #sink: Sink;
  readonly #channel: ChunkChannel;
  readonly #sizes: ItemSizes;
  readonly #intake: Intake;
  readonly #chunks = new Set<Chunk>();
  /** What is to be put before anything else is taken. */
  readonly #again: Segment[] = [];
  readonly #flags: number;
  readonly #packer: ItemPacker;
  #done = 0;
  #isOver = false;
  #isPutting = false;
  #isLookDue = false;
  /** Whether items have an outcome of which `onProgress` was not told. */
  #hasAdvanced = false;
  /** A failure that waits for its turn. */
  #failing: { readonly index: number; readonly reason: unknown } | undefined;
  /** When so many outcomes are handed over, there is room for the next chunk. */
  roomAt: number = Infinity;

  /** @throws what `ChunkPool.open` throws; then nothing was taken */
  constructor(pool: ChunkPool, plan: CollectionPlan, sink: Sink) {
    this.#pool = pool;
    this.#plan = plan;
    this.#sink = sink;
    this.#sizes = plan.ranges?.sizes ?? new ChunkSizes(plan.chunkSize, plan.callable);
    this.#intake = new Intake(plan.source, {
      onItem: () => this.go(),
      onError: (error) => (plan.failsInOrder ? this.go() : this.fail(error)),
    });
    try {
      this.#channel = pool.open({
        runner: plan.runner,
        callable: plan.callable,
        options: plan.options,
        mode: plan.mode,
        onAborted: (reason) => this.fail(reason),
        onClosed: (error) => this.fail(error),
      });
    } catch (error) {
      void this.#intake.close();
      throw error;
    }
    this.#flags =
      (plan.isSpread ? SPREADS : 0) |
      (plan.settles ? SETTLES : 0) |
      (this.#wantsReports ? REPORTS : 0) |
      (this.#channel.foreign === "plain" ? IS_PLAIN : 0);
    this.#packer = new ItemPacker(plan.isSpread, this.#channel.foreign);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Puts what can be put. Call it when something has changed. */
  go(): void {
    if (this.#isOver || this.#isPutting) return;
    this.#isPutting = true;
    try {
      do this.#putTogether();
      while (this.#takeBack());
    } catch (error) {
      this.fail(error);
    } finally {
      this.#isPutting = false;
    }
    if (this.#isOver) return;
    if (this.#failing !== undefined && this.#isTurnOf(this.#failing))
      this.fail(this.#failing.reason);
    else if (this.#isFinished) this.#finish();
    this.#tellProgress();
  }

  /** Blocks until everything has an outcome. */
  wait(): void {
    while (!this.#isOver) this.#channel.wait();
  }

  /** Ends the collection before its time: withdraws what waits, stops what runs. Does nothing when it is over. */
  fail(reason: unknown): void {
    if (!this.#leave()) return;
    this.#channel.cancel(reason);
    this.#sink.fail(reason);
    void this.#intake.close();
  }

  /** Ends the collection without an error. Resolves when the source has ended, too. */
  async stop(): Promise<void> {
    if (!this.#leave()) return;
    this.#channel.cancel(undefined);
    await this.#intake.close();
  }

  /** Whether it matters how far a chunk has come that runs: the program sees it, or what was not told would run again. */
  get #wantsReports(): boolean {
    const { mode, onProgress } = this.#plan;
    return mode === "iterates" || onProgress !== undefined || this.#channel.retries > 0;
  }

  get #isFinished(): boolean {
    return this.#chunks.size === 0 && this.#again.length === 0 && this.#intake.isEmpty;
  }

  #leave(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#again.length = 0;
    this.#chunks.clear();
    this.#channel.end();
    return true;
  }

  #finish(): void {
    if (this.#leave()) this.#sink.end();
  }

  #putTogether(): void {
    // A source that makes its items when they are taken may need long for each.
    if (this.#intake.left === undefined) this.#putAll();
    else this.#channel.putTogether(this.#putAll);
  }

  readonly #putAll = (): void => {
    const most = CHUNKS_AHEAD * this.#pool.capacity;
    while (!this.#isOver && this.#chunks.size < most) {
      const segment = this.#nextSegment();
      // To take an item runs code of the program, which may have ended the collection.
      if (segment === undefined || this.isOver) return;
      this.#put(segment);
    }
  };

  #nextSegment(): Segment | undefined {
    const { capacity } = this.#pool;
    const again = this.#again.pop();
    if (again !== undefined) {
      const { first, items, attempt } = again;
      const size = this.#sizeOf(items.length, capacity);
      if (size >= items.length) return again;
      this.#again.push({ first: first + size, items: items.slice(size), attempt });
      return { first, items: items.slice(0, size), attempt };
    }
    if (this.#failing !== undefined) return undefined;
    const intake = this.#intake;
    let size = this.#sizeOf(intake.left, capacity);
    if (this.#plan.mode === "iterates") {
      const chunks = 2 * CHUNKS_AHEAD * capacity;
      const buffer = this.#plan.buffer ?? chunks * size;
      size = Math.min(size, Math.max(1, Math.floor(buffer / (CHUNKS_AHEAD * capacity))));
      const room = buffer - (intake.taken - this.#sink.handedOver);
      if (room < size) {
        this.roomAt = this.#sink.handedOver + size - room;
        return undefined;
      }
    }
    this.roomAt = Infinity;
    const isIdle = this.#chunks.size < capacity;
    try {
      return intake.take(size, isIdle);
    } catch (error) {
      // It has thrown behind the items that were taken.
      if (!this.#plan.failsInOrder) throw error;
      this.#failInOrder(intake.taken, error);
      return undefined;
    }
  }

  #sizeOf(left: number | undefined, capacity: number): number {
    return this.#channel.isTimed
      ? this.#sizes.nextTimed(left, capacity)
      : this.#sizes.next(left, capacity);
  }

  #put(segment: Segment): void {
    const { ranges } = this.#plan;
    if (ranges === undefined) this.#putItems(segment);
    else this.#putChunk(segment, ranges.argsOf(segment, this.#flagsOf(segment), this.#channel));
  }

  #putItems(segment: Segment): void {
    const { first, items, attempt } = segment;
    const done = this.#packer.pack(segment, this.#sizes.mostBytes);
    if (done.packed === undefined) return this.#refuse(segment, done.at, done.reason);
    const { packed, count } = done;
    let taken = segment;
    if (count < items.length) {
      taken = { first, items: items.slice(0, count), attempt };
      this.#again.push({ first: first + count, items: items.slice(count), attempt });
    }
    this.#putChunk(taken, [this.#flagsOf(taken), packed] satisfies ChunkArgs);
  }

  #flagsOf({ items }: Segment): number {
    const hasCursor = items.length > 1 && !this.#channel.isTimed;
    return this.#flags | (hasCursor ? HAS_CURSOR : 0);
  }

  #putChunk(segment: Segment, args: readonly unknown[]): void {
    const chunk = new Chunk(segment);
    this.#chunks.add(chunk);
    const { length } = segment.items;
    try {
      chunk.put = this.#channel.put(args, length, segment.attempt, {
        reported: (report) => {
          this.#takeReport(chunk, report as ChunkReport);
          this.go();
        },
        settled: (outcome, value) => this.#settle(chunk, outcome, value),
      });
    } catch (error) {
      this.#chunks.delete(chunk);
      throw error;
    }
  }

  /** An item cannot cross: it has failed, and those before and after it are put without it. */
  #refuse(segment: Segment, at: number, reason: unknown): void {
    const { first, items, attempt } = segment;
    if (at + 1 < items.length)
      this.#again.push({ first: first + at + 1, items: items.slice(at + 1), attempt });
    if (at > 0) this.#again.push({ first, items: items.slice(0, at), attempt });
    this.#channel.addPlace(reason);
    this.#failItems(first + at, 1, reason);
  }

  #takeReport(chunk: Chunk, [from, count, packed, failures, ranMs]: ChunkReport): void {
    if (this.#isOver) return;
    this.#sizes.measure(count, ranMs, bytesOf(packed));
    chunk.done = from + count;
    const reasons = new Map<number, unknown>();
    const values = unpack(packed, (at, reason) => reasons.set(at, reason));
    for (const [at, encoded] of failures) reasons.set(at, reasonOf(encoded));
    for (const reason of reasons.values()) this.#channel.addPlace(reason);
    this.#pass({ first: chunk.segment.first + from, count, values, reasons });
  }

  #settle(chunk: Chunk, outcome: ChunkOutcome, value: unknown): void {
    if (this.#isOver) return;
    this.#chunks.delete(chunk);
    if (outcome === "succeeded") this.#takeReport(chunk, value as ChunkReport);
    else if (value instanceof WorkerDied) this.#putLost(chunk, value);
    else if (value instanceof PoolClosed || value instanceof NoWorkersAvailable) this.fail(value);
    else this.#failItems(chunk.segment.first + chunk.done, chunk.end - chunk.done, value);
    this.go();
  }

  /** The worker of a chunk has ended. What it had begun runs again, as often as it may; what it had not begun is just put again. */
  #putLost(chunk: Chunk, reason: WorkerDied): void {
    const { done, end, begunAtDeath, segment } = chunk;
    if (begunAtDeath < end) this.#again.push(chunk.part(begunAtDeath, end));
    if (done >= begunAtDeath) return;
    if (segment.attempt <= this.#channel.retries)
      this.#again.push(chunk.part(done, begunAtDeath, segment.attempt + 1));
    else this.#failItems(segment.first + done, begunAtDeath - done, reason);
  }

  #failItems(first: number, count: number, reason: unknown): void {
    if (count <= 0) return;
    const reasons = new Map<number, unknown>();
    // Without `settle` the first failure is the last, and the numbers of a range may be millions.
    const told = this.#plan.settles ? count : 1;
    for (let at = 0; at < told; at++) reasons.set(at, reason);
    this.#pass({ first, count, values: [], reasons });
  }

  /** Passes outcomes on. Without `settle` the first failure is the last of them. */
  #pass(outcomes: Outcomes): void {
    const { first, reasons } = outcomes;
    if (this.#plan.settles || reasons.size === 0) {
      // A reason that several items share has no index.
      const isShared = reasons.size > 1 && new Set(reasons.values()).size === 1;
      if (!isShared) for (const [at, reason] of reasons) setIndex(reason, first + at);
      this.#hand(outcomes);
      return;
    }
    const [at, reason] = reasons.entries().next().value as [number, unknown];
    setIndex(reason, first + at);
    if (at > 0) this.#hand({ ...outcomes, count: at, reasons: NO_REASONS });
    if (this.#plan.failsInOrder) this.#failInOrder(first + at, reason);
    else this.fail(reason);
  }

  /** Takes nothing more, and fails when the items before have their outcome. */
  #failInOrder(index: number, reason: unknown): void {
    if (this.#failing !== undefined && this.#failing.index < index) return;
    this.#failing = { index, reason };
    const before = this.#again.splice(0).filter(({ first }) => first < index);
    this.#again.push(...before);
    for (const chunk of this.#chunks) if (chunk.segment.first > index) chunk.takeRest();
  }

  /** Whether all items before a failure have their outcome. */
  #isTurnOf({ index }: { readonly index: number }): boolean {
    for (const { segment } of this.#chunks) if (segment.first < index) return false;
    return this.#again.length === 0;
  }

  #hand(outcomes: Outcomes): void {
    if (outcomes.count === 0) return;
    this.#done += outcomes.count;
    this.#sink.take(outcomes);
    this.#hasAdvanced = true;
  }

  /** Last, because it calls code of the program, which may throw. By then it is known whether there are more items. */
  #tellProgress(): void {
    const { onProgress } = this.#plan;
    if (!this.#hasAdvanced) return;
    this.#hasAdvanced = false;
    if (onProgress !== undefined) onProgress({ done: this.#done, total: this.#intake.total });
  }

  /** When a worker is idle, takes back what another one has not begun. Returns false when there is nothing to put. */
  #takeBack(): boolean {
    const { capacity } = this.#pool;
    if (this.#isOver || this.#sizes.isFixed || this.#chunks.size >= capacity) return false;
    const { slowest, isLeft } = lookBack(this.#chunks, this.#sizes.msAnItem);
    const rest = slowest?.takeRest();
    if (rest !== undefined) this.#again.push(rest);
    else if (isLeft) this.#lookAgain();
    return rest !== undefined;
  }

  #lookAgain(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    this.#channel.after(LOOK_AGAIN_MS, () => {
      this.#isLookDue = false;
      this.go();
    });
  }
}
