import type { RequestProducer } from "../../../native-queue/index.ts";
import { performanceNow } from "../../runtime/index.ts";
import type { ChannelSet } from "./channel-set.ts";
import { BRIEF_MS } from "./held-back-tasks.ts";
import type { HeldBackTasks } from "./held-back-tasks.ts";

/** So often, at most, all workers are woken after one had not done what was left to it. */
const MOST_SKIPPED = 8;

/**
 * Work that one worker has done before another has risen.
 *
 * It is left to one worker, and the others sleep on. If that turns out to be wrong, this thread hands the search on: to a second
 * worker, and from then on each worker that finds work wakes another. It does so before it sleeps, when the work has become more,
 * and when the worker does not get on. After that, all are woken for a while.
 */
export class BriefWork {
  readonly #producer: RequestProducer;
  readonly #channels: ChannelSet;
  readonly #runs: Pick<HeldBackTasks, "areBrief">;
  /** How many requests had been claimed when `watch` looked last, and since when. */
  #claimed = -1;
  #claimedAtMs = 0;
  /** How often all workers are woken before work is left to one again, and how often they were. */
  #toSkip = 0;
  #skipped = 0;

  constructor(
    producer: RequestProducer,
    channels: ChannelSet,
    runs: Pick<HeldBackTasks, "areBrief">,
  ) {
    this.#producer = producer;
    this.#channels = channels;
    this.#runs = runs;
  }

  /**
   * Wakes as many workers as are needed for requests that were just published.
   *
   * @param published how many they are
   * @param inUse how many wait or run. Where others run, one of them may be long, and what waits must not wait for it.
   */
  wakeFor(published: number, inUse: number): void {
    const channels = this.#channels;
    const areAlone = channels.keepsSearch || inUse === published;
    if (areAlone && channels.size > 1 && this.#mayBeLeftToOne(inUse)) channels.wakeFirst();
    else if (channels.keepsSearch) channels.handSearchOn();
    else channels.wakeOne();
  }

  /** Whether requests wait that were left to one worker. */
  get isWaiting(): boolean {
    return this.#channels.keepsSearch && this.#producer.waiting > 0;
  }

  /**
   * Wakes a second worker when the first does not get on with what was left to it, or that has become much. Call it in each turn
   * of the event loop that has read nothing.
   */
  watch(): void {
    if (!this.isWaiting) return;
    const { waiting, nextPosition } = this.#producer;
    const claimed = nextPosition - waiting;
    if (claimed !== this.#claimed) {
      this.#claimed = claimed;
      this.#claimedAtMs = performanceNow();
    }
    const isStuck = performanceNow() - this.#claimedAtMs > BRIEF_MS;
    if (isStuck || !this.#runs.areBrief(waiting)) this.handOn();
  }

  /** Wakes a second worker for what was left to one. If that had not done it by now, all are woken for a while. */
  handOn(): void {
    if (!this.#channels.keepsSearch) return;
    const isLeft = this.#producer.waiting > 0;
    this.#toSkip = isLeft
      ? Math.min(Math.max(1, 2 * this.#toSkip), MOST_SKIPPED)
      : this.#toSkip >> 1;
    this.#skipped = 0;
    this.#channels.handSearchOn();
  }

  /** Whether one worker has done what waits before a second has risen, and that was so the last times. */
  #mayBeLeftToOne(inUse: number): boolean {
    if (!this.#channels.keepsSearch && this.#skipped < this.#toSkip) {
      this.#skipped += 1;
      return false;
    }
    // The position of the workers costs the transfer of a cache line, and is asked for only when it decides.
    return this.#runs.areBrief(inUse) || this.#runs.areBrief(this.#producer.waiting);
  }
}
