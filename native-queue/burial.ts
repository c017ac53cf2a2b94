/**
 * What the parent does about a worker that does nothing more, in a fixed order.
 *
 * ```
 * kill only   shut the gate          the worker changes nothing any more that others see
 *      1      read its results       what it has published counts
 *      2      settle what it held    tasks that it has claimed and not completed
 *      3      clear its bits         no put may count on it
 *      4      unpark every worker    it may have been about to wake one of them
 *      5      bump the epoch         it may have been about to wake the parent
 * ```
 *
 * Why this order: a task whose result was published and not yet read looks like one that the worker still holds, so
 * 1 comes before 2. The broadcast of 4 makes every live worker look at the ring, and must come after 3: a put that
 * finds a bit of the dead worker's set wakes no other. README.md, "Death", lists what each step mends.
 */
import { endsAnnounced, exitCodeOf, hasEnded, shutGate } from "./gate.ts";
import type { QueueViews } from "./layout.ts";
import { bumpEpoch, leaveSets, unpark } from "./parker.ts";
import type { RequestProducer } from "./request-ring.ts";

/** What only the owner of the queue can do about a worker that does nothing more. */
export interface Burial {
  /** Reads every result that the worker has published. Called first. */
  readResults(): void;
  /** Settles the requests of the tasks that the worker held. Called once its results are read, with an empty list too. */
  settle(tasks: readonly number[]): void;
  /** The slots of the workers that go on. Called after `settle`. */
  live(): Iterable<number>;
}

/** The same for a worker whose thread is still there. */
export interface Kill extends Burial {
  /** Ends the thread, which takes a while. Called when the gate is shut and the results are read. */
  endThread(): void;
}

/**
 * Parent: cleans up after a worker that has ended: it has announced its end, or the system says that its thread is
 * gone. Its slot can serve another worker afterwards.
 *
 * @returns the tasks that it held. Release them at once, for the thread is gone
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
  // Behind a shut gate it changes nothing that others see, wherever its thread is stopped.
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
  // A broadcast: a worker that the system took away may have taken a peer's idle bit and not yet have unparked it.
  for (const other of burial.live()) unpark(views, other);
  // Likewise for the parent: the worker may have disarmed it and not yet have woken it.
  bumpEpoch(views);
  return held;
}

const NONE: readonly never[] = [] as never[];

/** What a pass does with each worker. */
export interface PassSteps<W> {
  /** Reads the results that a worker has published. */
  readonly readResults: (worker: W) => void;
  /** Called for each worker that has announced its end, once the results of all were read: `buryWorker` is due. */
  readonly bury: (worker: W, exitCode: number) => void;
}

/** The parent's passes over its workers: reads what they have published, and finds those that have ended. */
export class WorkerPass<W extends { readonly slot: number }> {
  readonly #views: QueueViews;
  readonly #steps: PassSteps<W>;
  #endsSeen = 0;

  /** @param steps what the parent does with a worker in a pass */
  constructor(views: QueueViews, steps: PassSteps<W>) {
    this.#views = views;
    this.#steps = steps;
  }

  /** Whether a worker has announced its end since the last pass began. Cheap enough to spin on. */
  get hasNewEnds(): boolean {
    return endsAnnounced(this.#views) !== this.#endsSeen;
  }

  /**
   * One pass: looks for announced ends first, then reads results, then buries.
   *
   * The count of ends is read before the gates: an end that is announced in between is found too, and looked for
   * once more in the next pass. Read after them, the count would hide it for ever. The gates are read before the
   * results: all that an ended worker has published is there by then.
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
