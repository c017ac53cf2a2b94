/**
 * How a worker waits for anything but a request: for space in its result ring, or for a message of the parent.
 *
 * It waits on its park counter, as it does for requests, but it is in neither sleep set, so no waker of requests picks
 * it.
 *
 * The race that each round closes: the parent may act (free space, post a message) between the worker's look and its
 * wait. So the worker reads its park counter, says what it waits for, looks, and waits only while the counter is what
 * it was. The parent acts first, then reads what the worker waits for, then unparks it. If the look misses the act,
 * the act comes after the look, so the unpark comes after the counter was read, and the wait returns.
 *
 * The counter is read before the worker says what it waits for: otherwise the parent could answer in between with less
 * than the worker needs, and the worker would wait with nothing said.
 */
import type { WorkerGate } from "./gate.ts";
import type { QueueViews } from "./layout.ts";
import type { ResultWriter } from "./result-ring.ts";
import { parkEpoch, spinUntil, waitUnparked } from "./wait-strategy.ts";
import { Error } from "./globals.ts";

/** How long to spin before a wait blocks, and whether that was enough. */
export interface SpinLimit {
  /** Microseconds to spin in the next wait. */
  readonly us: number;
  /** Called when the worker was unparked while it spun. */
  sufficed(): void;
  /** Called when the worker has to sleep. */
  failed(): void;
}

/** What one wait consists of. */
export interface ParkOptions {
  /**
   * Writes where the parent reads it what the worker waits for. Called in each round, after the park counter was read
   * and before the look.
   */
  readonly announce?: () => void;
  /**
   * Returns true when the wait is over; otherwise it must leave the worker away from the queue. Called once a round.
   */
  readonly look: () => boolean;
  /** How long to spin before each wait; undefined for not at all. */
  readonly spin?: SpinLimit;
  /** How many milliseconds to block in a round before the wait goes on as a promise; Infinity for no limit. */
  readonly blockMs: number;
}

/**
 * Worker: makes one round after the other until `look` returns true. Each round reads the park counter, announces,
 * looks, and waits to be unparked.
 *
 * It is a generator, so its caller decides how to wait between rounds: `parkUntil` awaits, `parkUntilSync` blocks.
 *
 * @yields what to await before the next round: a promise of being unparked, or undefined when the worker was
 *   unparked while it blocked
 */
export function* parkRounds(
  views: QueueViews,
  worker: number,
  { announce, look, spin, blockMs }: ParkOptions,
): Generator<Promise<unknown> | undefined, void, void> {
  // The look of each round is a second look: the caller has looked before. It sees what was done before it, and what is
  // done after it unparks the worker.
  for (;;) {
    const epoch = parkEpoch(views, worker);
    announce?.();
    if (look()) return;
    yield spin !== undefined && isUnparkedInTime(views, worker, epoch, spin)
      ? undefined
      : waitUnparked(views, worker, epoch, blockMs);
  }
}

function isUnparkedInTime(
  views: QueueViews,
  worker: number,
  epoch: number,
  spin: SpinLimit,
): boolean {
  const isUnparked = spinUntil(() => parkEpoch(views, worker) !== epoch, spin.us);
  if (isUnparked) spin.sufficed();
  else spin.failed();
  return isUnparked;
}

/**
 * Worker: the rounds of a wait for space in its result ring. Each round says that the worker wants space, then tries
 * again.
 *
 * Pairs with `ResultReader.commit`, which gives the space first and then reads whether the worker wants some.
 *
 * @param tryPublish publishes; returns false while the ring is full
 * @param blockMs as in `ParkOptions`
 */
export function spaceRounds(
  gate: WorkerGate,
  writer: ResultWriter,
  tryPublish: () => boolean,
  blockMs: number,
): Generator<Promise<unknown> | undefined, void, void> {
  const announce = (): void => {
    // The parent reads this word, so only a worker at the queue may write it. A killed worker does not come there.
    if (gate.tryEnter()) writer.wantSpace();
    gate.leave();
  };
  return parkRounds(gate.views, gate.worker, { announce, look: tryPublish, blockMs });
}

/** Worker: makes the rounds while its event loop turns. Resolves when the wait is over. */
export async function parkUntil(
  rounds: Generator<Promise<unknown> | undefined, void, void>,
): Promise<void> {
  for (const unparked of rounds) await unparked;
}

/** Worker: makes the rounds and blocks in each. They must have been made with `blockMs: Infinity`. */
export function parkUntilSync(rounds: Generator<Promise<unknown> | undefined, void, void>): void {
  for (const unparked of rounds) {
    if (unparked !== undefined) throw new Error("A blocking wait takes no promise.");
  }
}
