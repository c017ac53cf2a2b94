/**
 * Shared buffers in the payloads of children go by number. The buffers themselves are posted to every worker that listens, before the
 * child is offered. A worker that begins to listen counts itself: it receives everything that is posted from then on. So a taker
 * knows whether a buffer is still on its way to it.
 */
import { LAST_BUFFER, LISTENERS } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import type { WorkerGate } from "./gate.ts";
import { Atomics } from "./globals.ts";

/**
 * Worker: counts itself, once it listens. Pairs with the load in `listenersSoFar`.
 *
 * @returns its number: it receives what is posted by owners that have read this count, or a larger one
 */
export function noteListener(gate: WorkerGate): number {
  if (!gate.tryEnter()) return 0;
  const number = Atomics.add(gate.views.words, LISTENERS, 1) + 1;
  gate.leave();
  return number;
}

/** Worker: how many workers have begun to listen so far. Read it before you post. Pairs with the add in `noteListener`. */
export function listenersSoFar({ words }: QueueViews): number {
  return Atomics.load(words, LISTENERS);
}

/** Worker: a number for a buffer that no other buffer has. */
export function nextBufferNumber(gate: WorkerGate): number {
  if (!gate.tryEnter()) return 0;
  const number = Atomics.add(gate.views.words, LAST_BUFFER, 1) + 1;
  gate.leave();
  return number;
}
