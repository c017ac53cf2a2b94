/**
 * Helpers: workers whose runs wait for children that others have taken. Meanwhile they run children of the same tree.
 *
 * A helper is in neither sleep set, because it claims no request. It has a bit in a set of its own, and says which request's
 * tree it works for. An owner that offers a child wakes one helper of that tree, when no worker without a request is there.
 *
 * No wake-up depends on this set. A child that no helper takes is run by its owner in the end; and the outcome that a helper
 * waits for unparks it whether its bit is set or not. So a wake-up that is lost costs time, and nothing else.
 */
import { HELPING, SLEEP, SLEEP_WORDS_IN_USE, helpedTaskWord } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import type { WorkerGate } from "./gate.ts";
import { unpark } from "./parker.ts";
import { Atomics } from "./globals.ts";

const WORKERS_PER_WORD = 32;
const SLEEP_WORDS_PER_WORD = 2;

function wordOf(worker: number): number {
  return HELPING + (worker >>> 5);
}
function bitOf(worker: number): number {
  return 1 << (worker % WORKERS_PER_WORD);
}

/** Worker: enters the set, as a helper of a request's tree. Look again after this and before waiting. */
export function enterHelpers(gate: WorkerGate, rootTask: number): void {
  const { words } = gate.views;
  if (gate.tryEnter()) {
    Atomics.store(words, helpedTaskWord(gate.worker), rootTask + 1);
    Atomics.or(words, wordOf(gate.worker), bitOf(gate.worker));
  }
  gate.leave();
}

/** Worker: leaves the set. */
export function leaveHelpers(gate: WorkerGate): void {
  const { words } = gate.views;
  if ((Atomics.load(words, wordOf(gate.worker)) & bitOf(gate.worker)) === 0) return;
  if (gate.tryEnter()) Atomics.and(words, wordOf(gate.worker), ~bitOf(gate.worker));
  gate.leave();
}

/** Parent: a dead worker is no helper. */
export function removeHelper({ words }: QueueViews, worker: number): void {
  Atomics.and(words, wordOf(worker), ~bitOf(worker));
}

/**
 * Worker, after an offer: takes one helper of the tree out of the set, and unparks it. To take it out first lets the next offer
 * wake another one.
 */
export function wakeHelper(views: QueueViews, rootTask: number, self: number): void {
  const helper = helperOf(views, rootTask, self);
  if (helper === undefined) return;
  const { words } = views;
  const before = Atomics.and(words, wordOf(helper), ~bitOf(helper));
  if ((before & bitOf(helper)) !== 0) unpark(views, helper);
}

function helperOf(views: QueueViews, rootTask: number, self: number): number | undefined {
  let found: number | undefined;
  forEachHelper(views, (worker) => {
    if (worker === self || found !== undefined) return;
    if (Atomics.load(views.words, helpedTaskWord(worker)) === rootTask + 1) found = worker;
  });
  return found;
}

function forEachHelper({ words }: QueueViews, look: (worker: number) => void): void {
  const used = Atomics.load(words, SLEEP_WORDS_IN_USE);
  for (let i = 0; i * SLEEP_WORDS_PER_WORD < used; i++) {
    for (let rest = Atomics.load(words, HELPING + i); rest !== 0; rest &= rest - 1)
      look(i * WORKERS_PER_WORD + (31 - Math.clz32(rest & -rest)));
  }
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
    const bits = Atomics.load(words, SLEEP + i);
    // Of the idle and the spin bit of a worker at most one is set.
    if (bits !== 0) count += bitsIn(bits);
  }
  for (let i = 0; i * SLEEP_WORDS_PER_WORD < used; i++) {
    if (Atomics.load(words, HELPING + i) === 0) continue;
    forEachHelper(views, (worker) => {
      if (worker !== self && Atomics.load(words, helpedTaskWord(worker)) === rootTask + 1)
        count += 1;
    });
    break;
  }
  return count;
}

function bitsIn(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
