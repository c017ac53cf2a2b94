/**
 * The item cursor of a task that stands for many items: how many of them its worker has begun. It lies in the last word of the
 * inline payload, so such a task has `ITEMS_INLINE_BYTES` of inline payload.
 *
 * ```
 * 0 ──the worker begins an item: + 1──▶ … ──the parent takes the rest away──▶ the count of items, or more
 * ```
 *
 * Worker and parent change the word in one atomic step each, so every item is begun by the worker or taken by the parent, and
 * none by both.
 */
import { INLINE_BYTES, TASK_WORDS } from "./layout.ts";
import type { QueueViews } from "./layout.ts";
import { Atomics } from "./globals.ts";

const TASK_ITEMS = TASK_WORDS - 1;

/** How many bytes of inline payload a task has beside its item cursor: a multiple of 8. */
export const ITEMS_INLINE_BYTES: number = INLINE_BYTES - 8;

/**
 * Parent, before a put: no item is begun. A plain store is enough, because no worker reads the word before it has claimed
 * the task, and the put publishes it.
 */
export function clearItems(views: QueueViews, task: number): void {
  views.words[views.task(task) + TASK_ITEMS] = 0;
}

/**
 * Worker: begins the next items of the task that it runs. Pairs with the exchange in `takeRest`.
 *
 * @param count how many, of those that are left
 * @returns the index of the first of them; when it is not less than the count of items, no item is left
 */
export function beginItems(views: QueueViews, task: number, count: number): number {
  return Atomics.add(views.words, views.task(task) + TASK_ITEMS, count);
}

/** As `beginItems`, for one item. */
export function beginItem(views: QueueViews, task: number): number {
  return beginItems(views, task, 1);
}

/**
 * Parent: takes the items away that the worker has not begun. Pairs with the addition in `beginItem`. The task must be in use.
 *
 * @param count how many items the task has
 * @returns the index of the first item that was taken; `count` when none was
 */
export function takeRest(views: QueueViews, task: number, count: number): number {
  return Math.min(Atomics.exchange(views.words, views.task(task) + TASK_ITEMS, count), count);
}

/** Parent: how many items the worker has begun, or `count` and more. Pairs with the addition in `beginItem`. */
export function itemsBegun(views: QueueViews, task: number): number {
  return Atomics.load(views.words, views.task(task) + TASK_ITEMS);
}
