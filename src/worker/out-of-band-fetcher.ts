/** How a worker comes by the parts of a task's payload that cannot travel as bytes. */
import { generationOfTask, parkRounds, parkUntil } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";
import { SpinBudget } from "../runtime/spin-budget.ts";
import { BLOCK_MS } from "./yield-budget.ts";
import type { Inbox } from "./inbox.ts";
import type { Outbox } from "./outbox.ts";
import type { OutOfBandMessage } from "../protocol/index.ts";

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

  /** The out-of-band message of a claimed task: posted before the task was put, or else asked for. */
  async fetch(task: number): Promise<OutOfBandMessage> {
    const generation = generationOfTask(this.#views, task);
    let message = this.#inbox.take(task, generation);
    if (message !== undefined) return message;
    const tryAsk = (): boolean => this.#outbox.tryAsk(task, generation);
    if (!tryAsk()) await this.#outbox.untilSpace(tryAsk);
    const look = (): boolean => {
      message = this.#inbox.take(task, generation);
      return message !== undefined;
    };
    const options = { look, spin: this.#budget, blockMs: BLOCK_MS };
    await parkUntil(parkRounds(this.#views, this.#slot, options));
    return message as unknown as OutOfBandMessage;
  }
}
