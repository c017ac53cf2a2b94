/**
 * How a worker waits for anything but a request: space in its result ring, or a message of the parent's.
 *
 * It waits on its park counter, as it does for requests, but it is in no sleep set, so no waker of requests picks it.
 *
 * The race that each round closes: the other side may act (free space, post a message) between the worker's look and
 * its wait. So the worker reads its park counter, says what it waits for, looks, and waits only for as long as the
 * counter is what it was. The other side acts first, then looks for the worker's wish, then unparks it. If the look
 * misses the act, the act comes after the look, and so the unpark comes after the counter was read: the wait returns.
 */
import type { WorkerGate } from "./gate.ts";
import type { QueueViews } from "./layout.ts";
import type { ResultWriter } from "./result-ring.ts";
import { parkEpoch, spinUntil, waitUnparked } from "./wait-strategy.ts";

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
  /** Called after the park counter was read, before each look: says where the other side looks what is waited for. */
  readonly announce?: () => void;
  /** True when the wait is over. Called once a round. Must leave the worker away from the queue unless it returns true. */
  readonly look: () => boolean;
  /** Spin before each wait; without it the worker does not. */
  readonly spin?: SpinLimit;
  /** Milliseconds to block in a round before the wait goes on as a promise; Infinity to block without limit. */
  readonly blockMs: number;
}

/**
 * Worker: one round after the other until `look` returns true. Each round reads the park counter, announces, looks,
 * and waits to be unparked.
 *
 * It is a generator so that its caller says what happens in between: `parkUntil` awaits, `parkUntilSync` blocks.
 *
 * @yields what to await before the next round: a promise of being unparked, or undefined when the worker was
 *   unparked while it blocked
 */
export function* parkRounds(
  views: QueueViews,
  worker: number,
  { announce, look, spin, blockMs }: ParkOptions,
): Generator<Promise<unknown> | undefined, void, void> {
  for (;;) {
    const epoch = parkEpoch(views, worker);
    announce?.();
    // The second look. What was done before it is seen here; what is done after it unparks the worker.
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
 * Worker: the rounds of a wait for space in its result ring. Each says that the worker wants space, then tries again.
 *
 * Pairs with `ResultReader.commit`, which gives the space first and looks for the wish after that.
 *
 * @param tryPublish true when the result is published, false while the ring is full
 */
export function spaceRounds(
  gate: WorkerGate,
  writer: ResultWriter,
  tryPublish: () => boolean,
  blockMs: number,
): Generator<Promise<unknown> | undefined, void, void> {
  const announce = (): void => {
    // The parent reads the wish. A killed worker announces none: it is about to be stopped.
    if (gate.tryEnter()) writer.wantSpace();
    gate.leave();
  };
  return parkRounds(gate.views, gate.worker, { announce, look: tryPublish, blockMs });
}

/** Worker: goes through rounds while its event loop turns. Resolves when the wait is over. */
export async function parkUntil(
  rounds: Generator<Promise<unknown> | undefined, void, void>,
): Promise<void> {
  for (const unparked of rounds) await unparked;
}

/** Worker: goes through rounds and blocks in each. The rounds must be made with `blockMs: Infinity`. */
export function parkUntilSync(rounds: Generator<Promise<unknown> | undefined, void, void>): void {
  for (const unparked of rounds) {
    if (unparked !== undefined) throw new Error("A blocking wait takes no promise.");
  }
}
