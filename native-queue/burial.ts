/**
 * What the parent does about a worker that does nothing more, in a fixed order.
 *
 * ```
 * kill only   shut the gate          the worker changes nothing any more that others read
 *      1      read its results       what it has published counts
 *      2      settle what it held    the tasks that it has claimed and not completed
 *      3      clear its bits, and    no put may count on it; children that it has offered are withdrawn, and those that it
 *             its part of the board  had taken are lost
 *      4      unpark every worker    it may have been about to wake one of them
 *      5      bump the epoch         it may have been about to wake the parent
 * ```
 *
 * 1 comes before 2, because a task whose result is published and not yet read looks like a task that the worker still
 * holds. 4 comes after 2 and 3: it makes every live worker look at the ring, and a put before that may have found a bit
 * of the dead worker and woken no other. README.md, "Death", says for each step what would be lost without it.
 */
import { buryChildren } from "./board.ts";
import { endsAnnounced, exitCodeOf, hasEnded, shutGate } from "./gate.ts";
import type { QueueViews } from "./layout.ts";
import { removeHelper } from "./helpers.ts";
import { bumpEpoch, leaveSets, unpark } from "./parker.ts";
import type { RequestProducer } from "./request-ring.ts";

/** What only the owner of the queue can do about a worker that does nothing more. */
export interface Burial {
  /** Reads every result that the worker has published. Called first. */
  readResults(): void;
  /**
   * Settles the requests of the tasks that the worker held, or puts them again as other tasks. Called once, when the
   * results are read; the list may be empty.
   */
  settle(tasks: readonly number[]): void;
  /** The slots of the workers that go on. Called after `settle`. */
  live(): Iterable<number>;
}

/** The same for a worker whose thread is still there. */
export interface Kill extends Burial {
  /** Tells the system to end the thread, which takes a while. Called when the gate is shut. */
  endThread(): void;
}

/**
 * Parent: cleans up after a worker that has ended: it has announced its end, or the system says that its thread is
 * gone. Its slot can serve another worker afterwards.
 *
 * @returns the tasks that it held. Release them at once, because the thread is gone
 */
export function buryWorker(
  views: QueueViews,
  producer: RequestProducer,
  slot: number,
  burial: Burial,
): number[] {
  burial.readResults();
  return cleanUp(views, producer, slot, burial);
}

/**
 * Parent: lets a worker do nothing more, and cleans up after it before its thread is gone. A parent that blocks would
 * never hear of the end of a thread.
 *
 * @returns the tasks that it held. Release them, and give its slot to another worker, when its thread is gone: until
 *   then the thread may read their payloads and its own words of the slot
 */
export function killWorker(
  views: QueueViews,
  producer: RequestProducer,
  slot: number,
  kill: Kill,
): number[] {
  // Behind a shut gate the worker changes nothing that others read, wherever its thread is stopped.
  shutGate(views, slot);
  kill.readResults();
  kill.endThread();
  return cleanUp(views, producer, slot, kill);
}

function cleanUp(
  views: QueueViews,
  producer: RequestProducer,
  slot: number,
  burial: Burial,
): number[] {
  const held = producer.claimedBy(slot);
  burial.settle(held);
  leaveSets(views, slot);
  removeHelper(views, slot);
  // Before the unparks: the owners of what it had taken look again then.
  buryChildren(views, slot);
  // All of them: a worker that the system took away may have taken the idle bit of any peer and not yet unparked it.
  for (const other of burial.live()) unpark(views, other);
  // Likewise for the parent: the worker may have disarmed it and not yet woken it.
  bumpEpoch(views);
  return held;
}

const NONE: readonly never[] = [] as never[];

/** What a pass does with each worker. */
export interface PassSteps<W> {
  /** Reads the results that a worker has published. */
  readonly readResults: (worker: W) => void;
  /** Called for each worker that has announced its end, after the results of all were read: `buryWorker` is due. */
  readonly bury: (worker: W, exitCode: number) => void;
}

/** The parent's passes over its workers: reads what they have published, and finds those that have ended. */
export class WorkerPass<
  W extends {
    /** The worker's slot. */
    readonly slot: number;
  },
> {
  readonly #views: QueueViews;
  readonly #steps: PassSteps<W>;
  #endsSeen = 0;

  /** @param steps what a pass does with each worker */
  constructor(views: QueueViews, steps: PassSteps<W>) {
    this.#views = views;
    this.#steps = steps;
  }

  /** Whether a worker has announced its end since the last pass began. Cheap enough to spin on. */
  get hasNewEnds(): boolean {
    return endsAnnounced(this.#views) !== this.#endsSeen;
  }

  /**
   * Makes one pass: looks for announced ends, reads results, then buries.
   *
   * The race that the order closes: a worker may announce its end during the pass. The count of ends is read before the
   * gates, so such an end is found now, or the next pass looks for it. If the count were read after the gates, it
   * could cover an end that this pass has not seen, and no pass would look for it.
   *
   * @param workers every worker whose results are still read; must not be changed during the pass
   */
  run(workers: readonly W[]): void {
    const ends = endsAnnounced(this.#views);
    const ended =
      ends === this.#endsSeen ? NONE : workers.filter(({ slot }) => hasEnded(this.#views, slot));
    this.#endsSeen = ends;
    for (const worker of workers) this.#steps.readResults(worker);
    for (const worker of ended) this.#steps.bury(worker, exitCodeOf(this.#views, worker.slot));
  }
}
