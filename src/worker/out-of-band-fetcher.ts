/** How a worker comes by the parts of a task's payload that cannot travel as bytes. */
import { generationOfTask, parkEpoch, spinUntil, waitUnparked } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import { SpinBudget } from "../runtime/spin-budget.ts";
import { BLOCK_MS } from "./yield-budget.ts";
import type { Inbox } from "./inbox.ts";
import type { Outbox } from "./outbox.ts";
import type { OutOfBandMessage } from "../protocol/flags.ts";

/** A parent that spins answers in some 10 us, one that has to be woken in 60. */
const LONGEST_SPIN_US = 100;

export class OutOfBandFetcher {
  readonly #views: QueueViews;
  readonly #slot: number;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #budget: SpinBudget;

  /** @param cores how many the process may use */
  constructor(views: QueueViews, slot: number, inbox: Inbox, outbox: Outbox, cores: number) {
    this.#views = views;
    this.#slot = slot;
    this.#inbox = inbox;
    this.#outbox = outbox;
    this.#budget = new SpinBudget(LONGEST_SPIN_US, cores);
  }

  /** The side message of a claimed task: posted before the task was put, or else asked for. */
  async fetch(task: number): Promise<OutOfBandMessage> {
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
