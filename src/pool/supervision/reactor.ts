import { WorkerPass } from "../../../native-queue/index.ts";
import type { Deadlines } from "../event-loop/deadlines.ts";
import type { ChannelSet } from "../queue/channel-set.ts";
import type { RequestQueue } from "../queue/request-queue.ts";
import type { WorkerChannel } from "../queue/worker-channel.ts";

/** The workers as a reactor sees them. */
export interface ReactorWorkers {
  /** Reads the results of a worker. Kills the worker when its results make no sense. */
  readResults(channel: WorkerChannel): void;
  /** Cleans up after a worker that has announced its end. */
  bury(channel: WorkerChannel, exitCode: number): void;
  /** Starts a worker when the pool may grow, has none, and a request waits. */
  startFirst(): void;
}

/**
 * The parent's one pass over everything that may have happened: whoever waits, in the event loop or in a blocking
 * call, calls `react` when it wakes.
 */
export class Reactor {
  readonly #workers: ReactorWorkers;
  readonly #channels: ChannelSet;
  readonly #queue: RequestQueue;
  readonly #deadlines: Deadlines;
  readonly #pass: WorkerPass<WorkerChannel>;

  constructor(
    workers: ReactorWorkers,
    channels: ChannelSet,
    queue: RequestQueue,
    deadlines: Deadlines,
  ) {
    this.#workers = workers;
    this.#channels = channels;
    this.#queue = queue;
    this.#deadlines = deadlines;
    this.#pass = new WorkerPass(channels.views, {
      readResults: (channel) => workers.readResults(channel),
      bury: (channel, exitCode) => workers.bury(channel, exitCode),
    });
  }

  /** Whether a result is to be read or the end of a worker to be noticed. A wait may call it in a loop. */
  readonly hasUnread = (): boolean => this.#channels.hasResults() || this.#pass.hasNewEnds;

  /** Reads every published result, buries workers that have ended, refills the queue, and runs what is due. */
  react(): void {
    this.#queue.publishHeldBack();
    this.#pass.run(this.#channels.all);
    this.#queue.refill();
    this.#channels.wakeIfMuchUnread();
    this.#deadlines.runDue();
    this.#queue.noteRoom();
    this.#workers.startFirst();
  }

  /** Blocks until `isDone()`, and reacts to what happens meanwhile. */
  reactUntil(isDone: () => boolean): void {
    const isToReact = (): boolean => this.hasUnread() || this.#queue.isDrainDue();
    this.react();
    while (!isDone()) {
      this.#queue.handSearchOn();
      this.#channels.block(this.#queue.wish, isToReact, 0, this.#deadlines.remainingMs);
      this.react();
    }
  }
}
