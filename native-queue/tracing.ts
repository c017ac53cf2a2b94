/** Whether somebody wants to hear of the runs of children. A hint: it pairs with nothing. */
import { CHILDREN_TRACED } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { Atomics } from "./globals.ts";

/** Parent: says whether workers are to tell of the runs of children. */
export function setTracing({ words }: QueueViews, isOn: boolean): void {
  Atomics.store(words, CHILDREN_TRACED, isOn ? 1 : 0);
}

/** Worker: whether to tell of them. */
export function isTracing({ words }: QueueViews): boolean {
  return Atomics.load(words, CHILDREN_TRACED) === 1;
}
