/**
 * Requests that one given worker is to run.
 *
 * Such a request does not wait in the ready ring, where the next worker takes it. The parent writes the worker's name
 * into the task's state (OFFERED), counts the offer, and unparks the worker. Only that worker claims the task, by a CAS on
 * the state. So the parent can cancel the request as any other, and finds a claimed one when the worker has died.
 *
 * The race between an offer and a worker that goes to sleep is closed by two looks. The parent counts, then unparks. The
 * worker reads its park counter, then looks at the count, and sleeps only while the counter is what it was (`awaitWork`).
 */
import { HEAD, offersWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import {
  TAG_OFFERED,
  generationDistance,
  generationOf,
  generationOfState,
  ownerOf,
  packClaimed,
  tagOf,
} from "./task-state.ts";
import { Atomics } from "./globals.ts";

const NONE = -1;

/**
 * Parent: counts an offer to a worker. Call it when the task's state is written and before the worker is unparked. Pairs
 * with the load in `offersMade`: a worker that sees the count finds the task.
 */
export function noteOffer(views: QueueViews, worker: number): void {
  Atomics.add(views.words, offersWord(worker), 1);
}

/** Worker: how many requests were offered to it so far, wrapping. Read it before the tasks. */
export function offersMade(views: QueueViews, worker: number): number {
  return Atomics.load(views.words, offersWord(worker));
}

/**
 * Worker: claims the oldest request that is offered to it. The CAS pairs with the one in `RequestProducer.tryCancel`.
 *
 * It looks at every task, so ask only when the count of offers has changed.
 *
 * @returns the task's index, or -1
 */
export function claimOffered(views: QueueViews, worker: number): number {
  const { words } = views;
  for (;;) {
    const task = oldestOffered(views, worker);
    if (task === NONE) return NONE;
    const word = views.state(task);
    const state = Atomics.load(words, word);
    if (!isOfferedTo(state, worker)) continue; // cancelled meanwhile
    const claimed = packClaimed(generationOfState(state), worker);
    if (Atomics.compareExchange(words, word, state, claimed) === state) return task;
  }
}

function isOfferedTo(state: number, worker: number): boolean {
  return tagOf(state) === TAG_OFFERED && ownerOf(state) === worker;
}

function oldestOffered(views: QueueViews, worker: number): number {
  const head = generationOf(Atomics.load(views.words, HEAD));
  let oldest = NONE;
  let oldestDistance = 0;
  for (let task = 0; task < views.tasks; task++) {
    const state = Atomics.load(views.words, views.state(task));
    if (!isOfferedTo(state, worker)) continue;
    const distance = generationDistance(head, generationOfState(state));
    if (oldest !== NONE && distance >= oldestDistance) continue;
    oldest = task;
    oldestDistance = distance;
  }
  return oldest;
}
