/** How a worker comes by the parts of a task's payload that cannot travel as bytes. */
import { generationOfTask, parkEpoch, spinUntil, waitUnparked } from "../native-queue/index.ts";
import type { QueueViews } from "../native-queue/index.ts";
import { SpinBudget } from "./spin-budget.ts";
import { BLOCK_MS } from "./turn-clock.ts";
import type { WorkerInbox } from "./worker-inbox.ts";
import type { WorkerOutbox } from "./worker-outbox.ts";
import type { SideMessage } from "./worker-protocol.ts";

/** A parent that spins answers in some 10 us, one that has to be woken in 60. */
const LONGEST_SPIN_US = 100;

export class SideMessageFetcher {
  readonly #views: QueueViews;
  readonly #slot: number;
  readonly #inbox: WorkerInbox;
  readonly #outbox: WorkerOutbox;
  readonly #budget: SpinBudget;

  /** @param cores how many the process may use */
  constructor(
    views: QueueViews,
    slot: number,
    inbox: WorkerInbox,
    outbox: WorkerOutbox,
    cores: number,
  ) {
    this.#views = views;
    this.#slot = slot;
    this.#inbox = inbox;
    this.#outbox = outbox;
    this.#budget = new SpinBudget(LONGEST_SPIN_US, cores);
  }

  /** The side message of a claimed task: posted before the task was put, or else asked for. */
  async fetch(task: number): Promise<SideMessage> {
    const generation = generationOfTask(this.#views, task);
    const posted = this.#inbox.take(task, generation);
    if (posted !== undefined) return posted;
    for (let hasAsked = false; ;) {
      const epoch = parkEpoch(this.#views, this.#slot);
      if (!hasAsked) {
        this.#outbox.wantSpace();
        hasAsked = this.#outbox.tryAsk(task, generation);
      }
      const side = this.#inbox.take(task, generation);
      if (side !== undefined) return side;
      await this.#unparked(epoch);
    }
  }

  async #unparked(epoch: number): Promise<void> {
    const isUnparked = (): boolean => parkEpoch(this.#views, this.#slot) !== epoch;
    if (spinUntil(isUnparked, this.#budget.us)) {
      this.#budget.sufficed();
      return;
    }
    this.#budget.failed();
    await waitUnparked(this.#views, this.#slot, epoch, BLOCK_MS);
  }
}
