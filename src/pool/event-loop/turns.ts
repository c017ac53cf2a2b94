import { asOutside, outsideContexts } from "./contexts.ts";
import { clearInterval, inNextTurn, setInterval, setTimeout } from "../../runtime/index.ts";

/** The longest delay of a timer, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Who takes the turns: the part that brings results to the event loop. */
export interface TurnTaker {
  /** Decides whether a turn is needed, and how to wait for it. Called by `Turns.request`. */
  plan(): void;
  /** One turn: reads and delivers what has come. */
  takeTurn(): void;
  /** Decides how the next turn comes. Called after each turn. */
  planNext(): void;
}

type TurnsState = "idle" | "scheduled" | "awaiting" | "awaiting and scheduled";

/**
 * A pool's turns of the event loop. Every part of the pool may ask for one with `request`; it need not know
 * who takes it, and a part that was asked twice takes one turn.
 *
 * ```
 * idle ──schedule──▶ scheduled ──immediate or timer: a turn──▶ idle
 * idle ──scheduleAfter──▶ awaiting ──promise resolves──▶ scheduled: a turn at once ──▶ idle
 * awaiting ──schedule──▶ awaiting and scheduled ──immediate: a turn──▶ awaiting
 *                                               └──promise resolves──▶ scheduled
 * ```
 *
 * While a turn is taken the state stays `scheduled`, because the turn ends with a plan of its own. At most one
 * immediate or timer and at most one promise exist at a time.
 */
export class Turns {
  #state: TurnsState = "idle";
  #taker: TurnTaker | undefined;
  /**
   * Keeps the process alive while it is ref'd: the workers are unref'd, and a waitAsync holds nothing.
   * It refers to this object, so that the parts of a pool with pending requests are not collected with what they wait for.
   */
  #keepAlive: NodeJS.Timeout | undefined = setInterval(
    () => void this.#taker,
    LONGEST_TIMER_MS,
  ).unref();
  #isKeepingAlive = false;

  /** Names the taker of the turns. It is bound late, because it is built from parts that ask for turns. */
  takeWith(taker: TurnTaker): void {
    this.#taker = taker;
  }

  /** Says that something may be due: an outcome to deliver, or a result to wait for. */
  request(): void {
    this.#taker?.plan();
  }

  /** Whether an immediate or a timer is set, or a turn is being taken. */
  get isScheduled(): boolean {
    return this.#state === "scheduled" || this.#state === "awaiting and scheduled";
  }

  /** Whether the promise of `scheduleAfter` has not resolved yet. */
  get isAwaiting(): boolean {
    return this.#state === "awaiting" || this.#state === "awaiting and scheduled";
  }

  /** Sets the next turn, while none is scheduled. @param delayMs 0 for the next round of the event loop */
  schedule(delayMs: number = 0): void {
    this.#state = this.isAwaiting ? "awaiting and scheduled" : "scheduled";
    const take = asOutside(this.#takeScheduled);
    outsideContexts(() => (delayMs === 0 ? inNextTurn(take) : setTimeout(take, delayMs)));
  }

  /** Takes a turn when the promise resolves. Call it in the state `idle`. */
  scheduleAfter(promise: Promise<unknown>): void {
    this.#state = "awaiting";
    const take = asOutside(this.#takeAwaited);
    outsideContexts(() => void takeAfter(promise, take));
  }

  /** Keeps the process alive, or lets it end. */
  keepAlive(isWanted: boolean): void {
    if (isWanted === this.#isKeepingAlive) return;
    this.#isKeepingAlive = isWanted;
    if (isWanted) this.#keepAlive?.ref();
    else this.#keepAlive?.unref();
  }

  /** Frees the timer that kept the process alive: the pool is closed and nothing is pending. */
  end(): void {
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
  }

  readonly #takeScheduled = (): void => {
    this.#take();
  };

  readonly #takeAwaited = (): void => {
    const isScheduled = this.#state === "awaiting and scheduled";
    this.#state = "scheduled";
    if (!isScheduled) this.#take();
  };

  #take(): void {
    try {
      this.#taker?.takeTurn();
    } finally {
      this.#state = this.isAwaiting ? "awaiting" : "idle";
      this.#taker?.planNext();
    }
  }
}

async function takeAfter(promise: Promise<unknown>, take: () => void): Promise<void> {
  await promise;
  take();
}
