import { itemsBegun, takeRest } from "../../../native-queue/index.ts";
import type { PendingRequest } from "../request/pending-request.ts";
import type { TaskTable } from "./task-table.ts";

type CursorTasks = Pick<TaskTable, "views" | "isRunning">;

/**
 * Takes the items of a request away that its worker has not begun. The request stands for the others from now on.
 *
 * @returns the index of the first of them; the number of items when none was taken, as from a request that no worker runs
 */
export function takeRestOf(tasks: CursorTasks, pending: PendingRequest): number {
  const items = itemsOf(pending);
  if (items === 0 || !tasks.isRunning(pending)) return items;
  const first = within(takeRest(tasks.views, pending.location as number, items), items);
  // One that has begun none runs none, and is a chunk all the same: 0 would mean that it is not.
  if (first > 0 && first < items && pending.control !== undefined)
    pending.control.chunkItems = first;
  return first;
}

/** How many items of a request its worker has begun; 0 while no worker runs it. */
export function itemsBegunOf(tasks: CursorTasks, pending: PendingRequest): number {
  const items = itemsOf(pending);
  if (items === 0 || !tasks.isRunning(pending)) return 0;
  return within(itemsBegun(tasks.views, pending.location as number), items);
}

/**
 * Notes how many items the worker had begun that has ended, before the task belongs to another request. The rest is taken
 * away, and not only counted: a worker that was killed goes on until its thread is gone, and must not begin an item that
 * another worker gets.
 */
export function noteItemsBegun(tasks: CursorTasks, task: number, pending: PendingRequest): void {
  const { control } = pending;
  if (control === undefined || control.items === 0) return;
  control.itemsBegun = within(takeRest(tasks.views, task, control.items), control.items);
}

function itemsOf({ control }: PendingRequest): number {
  return control === undefined ? 0 : control.items;
}

/** The count of a cursor, which goes on behind the last item, and which a worker may have damaged. */
function within(cursor: number, items: number): number {
  return Math.min(Math.max(cursor, 0), items);
}
