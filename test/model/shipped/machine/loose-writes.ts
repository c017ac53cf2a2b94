/**
 * Plain writes of *loose* words: words that one thread writes plainly while others may look at them by atomic operations.
 *
 * By the language such a write may be seen before other plain writes that precede it in the code. It may be seen late too, up to
 * the next atomic write of its thread: a thread that sees that one sees all plain writes before it. So a loose write is hidden
 * at first. Before the next atomic write of its thread all hidden writes are shown, in every order, and other threads may come in
 * between. Before an atomic load each of them is shown or stays hidden.
 *
 * Not explored is a plain write that is seen before an atomic *load* that precedes it in the code: see native-queue/README.md,
 * "Put".
 */
import type { LooseWrite, Outcome } from "./operation.ts";
import type { Point, Recording } from "./virtual-thread.ts";

/**
 * Shows hidden writes of a thread.
 *
 * @param mustAll whether all of them are shown; otherwise each may stay hidden
 * @param show does the operation for one write; it gives "later" when the write stays hidden in this round
 */
export function showHidden(
  recording: Recording,
  mustAll: boolean,
  show: (write: LooseWrite, mayStay: boolean) => Outcome,
): void {
  const from = recording.done;
  for (let at = 0; at < recording.hidden.length;) {
    const isLast = at === recording.hidden.length - 1;
    mergeOrders(recording, from, at);
    if (show(recording.hidden[at] as LooseWrite, !(mustAll && isLast)) === "later") {
      at += 1;
    } else {
      recording.hidden = recording.hidden.toSpliced(at, 1);
      at = 0;
    }
  }
  mergeOrders(recording, from, -1);
}

/** What the thread does next depends on what is hidden now, and not on the order in which the rest was shown. */
function mergeOrders(recording: Recording, from: number, at: number): void {
  if (!recording.isNew || recording.done === from) return;
  const start = recording.path[from] as Point;
  recording.checkpoint = `shown since ${start.id} next ${at} ${hiddenInWords(recording)}`;
}

/** The hidden writes of a thread as text, for a checkpoint. */
export function hiddenInWords({ hidden }: Recording): string {
  return hidden.map(({ cell, value }) => `${cell}:${value}`).join(" ");
}
