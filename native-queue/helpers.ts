/**
 * Helpers: workers whose runs wait for children that others have taken. Meanwhile they run children of the same tree.
 *
 * A helper is in neither sleep set, because it claims no request. It has a bit in a set of its own, and says which request's
 * tree it works for. An owner that offers a child wakes one helper of that tree, when no worker without a request is there.
 *
 * No wake-up depends on this set. A child that no helper takes is run by its owner in the end; and the outcome that a helper
 * waits for unparks it whether its bit is set or not. So a wake-up that is lost costs time, and nothing else.
 */
import { clearBit, hasBit, setBit, someBit } from "./bit-sets.ts";
import { HELPING, SLEEP, SLEEP_WORDS_IN_USE, helpedTaskWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import type { WorkerGate } from "./gate.ts";
import { isAnyOffered } from "./board-taker.ts";
import { bitsOf, unpark } from "./parker.ts";
import { Atomics } from "./globals.ts";

/** Worker: enters the set, as a helper of a request's tree. Look again after this and before waiting. */
export function enterHelpers(gate: WorkerGate, rootTask: number): void {
  const { words } = gate.views;
  if (gate.tryEnter()) {
    Atomics.store(words, helpedTaskWord(gate.worker), rootTask + 1);
    setBit(words, HELPING, gate.worker);
  }
  gate.leave();
}

/** Worker: leaves the set. */
export function leaveHelpers(gate: WorkerGate): void {
  const { words } = gate.views;
  if (!hasBit(words, HELPING, gate.worker)) return;
  if (gate.tryEnter()) clearBit(words, HELPING, gate.worker);
  gate.leave();
}

/** Parent: a dead worker is no helper. */
export function removeHelper({ words }: QueueViews, worker: number): void {
  clearBit(words, HELPING, worker);
}

/**
 * Worker, after an offer: takes one helper of the tree out of the set, and unparks it. To take it out first lets the next offer
 * wake another one.
 */
export function wakeHelper(views: QueueViews, rootTask: number, self: number): void {
  const { words } = views;
  someBit(views, HELPING, 0, (helper) => {
    if (helper === self || Atomics.load(words, helpedTaskWord(helper)) !== rootTask + 1)
      return false;
    if (!clearBit(words, HELPING, helper)) return false;
    unpark(views, helper);
    return true;
  });
}

/**
 * Helper that has taken a child, at the queue: wakes another helper when more is offered. Two offers may both have woken this one, because
 * it is in the set again until it has looked.
 */
export function handOnHelp({ views, worker }: WorkerGate, rootTask: number): void {
  if (isAnyOffered(views)) wakeHelper(views, rootTask, worker);
}

/**
 * Worker: how many others could take a child of a tree now: those without a request, and helpers of that tree. A hint: it pairs
 * with nothing.
 */
export function hungryFor(views: QueueViews, rootTask: number, self: number): number {
  const { words } = views;
  const used = Atomics.load(words, SLEEP_WORDS_IN_USE);
  let count = 0;
  for (let i = 0; i < used; i++) {
    const bits = Atomics.load(words, SLEEP + i) & ~bitsOf(self, i);
    // Of the idle and the spin bit of a worker at most one is set.
    if (bits !== 0) count += bitsIn(bits);
  }
  // Mostly there are no helpers.
  for (let i = 0; i < used; i += 2)
    if (Atomics.load(words, HELPING + (i >>> 1)) !== 0)
      return count + helpersOf(views, rootTask, self);
  return count;
}

function helpersOf(views: QueueViews, rootTask: number, self: number): number {
  const { words } = views;
  let count = 0;
  someBit(views, HELPING, 0, (helper) => {
    if (helper !== self && Atomics.load(words, helpedTaskWord(helper)) === rootTask + 1) count += 1;
    return false;
  });
  return count;
}

function bitsIn(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
