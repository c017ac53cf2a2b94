/**
 * The parent puts several requests in one go: `RequestProducer.putAll`.
 *
 * Its plain stores are hidden at first. Each becomes visible by a step of its own, in any order, and may stay hidden until the parent
 * stores atomically: that step waits for all of them. So what is explored is every order in which the language lets other threads see
 * them.
 */
import { distance, generationOf, lapOf, nextPosition } from "./counters.ts";
import type { Steps } from "./program.ts";
import { entryAt } from "./ready-ring.ts";
import { READY, item } from "./world.ts";
import type { Parent, World } from "./world.ts";

/** Bits of `hidden`: the plain stores of a group of two. The first entry is stored atomically, except in mutants. */
const FIRST_STATE = 1;
const SECOND_STATE = 2;
export const SECOND_ENTRY = 4;
export const FIRST_ENTRY = 8;

/** The names of the plain stores, by their bits. */
export const PLAIN_STORES: ReadonlyMap<number, string> = new Map([
  [FIRST_STATE, "the first task, READY, is seen"],
  [SECOND_STATE, "the second task, READY, is seen"],
  [SECOND_ENTRY, "the second entry is seen"],
  [FIRST_ENTRY, "the first entry is seen"],
]);

export const PUBLISHES = "stores the first entry";

/** Whether requests are put in one go. */
export function isPutTogether({ config }: World): boolean {
  return config.puts === "together";
}

/** Whether there is room for what is put next, as far as the parent knows without helping. */
export function hasRoomFor(world: World, me: Parent, head: number): boolean {
  const count = isPutTogether(world) ? mostToPut(world, me) : 1;
  return distance(head, me.tail) + count <= world.entries.length;
}

/** How many requests of the backlog there are tasks for. */
function mostToPut({ tasks }: World, me: Parent): number {
  return Math.min(me.next - me.first, tasks.filter(({ isInUse }) => isInUse === 0).length);
}

/** The number of a task of the group. */
function taskOf({ group, task }: Parent, index: number): number {
  // There are two tasks, so a group of two has both.
  return group === 2 ? index : task;
}

/** Whether a task is one of those that are put now. */
export function isOfGroup(me: Parent, task: number): boolean {
  return me.group === 2 || (me.group === 1 && me.task === task);
}

/** Stores plainly. No other thread reads the payload before it has claimed the task. */
export function beginGroup(world: World, me: Parent, head: number): string {
  const { tasks, entries } = world;
  me.group = Math.min(mostToPut(world, me), entries.length - distance(head, me.tail));
  me.task = tasks.findIndex(({ isInUse }) => isInUse === 0);
  me.groupAt = me.tail;
  for (let i = 0; i < me.group; i++) {
    const task = item(tasks, taskOf(me, i));
    task.payload = me.first + i + 1;
    task.request = me.first + i + 1;
  }
  me.hidden = me.group === 2 ? FIRST_STATE | SECOND_STATE | SECOND_ENTRY : FIRST_STATE;
  return PUBLISHES;
}

/** A plain store becomes visible. Returns false when it is not hidden. */
export function show(world: World, me: Parent, store: number): boolean {
  if ((me.hidden & store) === 0) return false;
  me.hidden &= ~store;
  const index = store === FIRST_STATE || store === FIRST_ENTRY ? 0 : 1;
  const task = item(world.tasks, taskOf(me, index));
  const position = index === 0 ? me.groupAt : nextPosition(me.groupAt);
  if (store === FIRST_STATE || store === SECOND_STATE) {
    task.position = position;
    task.tag = READY;
    task.generation = generationOf(position);
    task.owner = 0;
  } else {
    storeEntry(world, me, index, position);
  }
  if (me.tail !== me.groupAt) forgetGroup(me);
  return true;
}

function storeEntry(world: World, me: Parent, index: number, position: number): void {
  const entry = entryAt(world, position);
  entry.lap = lapOf(world, position);
  entry.task = taskOf(me, index);
}

/** What the parent knows by itself once the group is published. */
export function groupIsPut(world: World, me: Parent): string {
  for (let i = 0; i < me.group; i++) {
    item(world.tasks, taskOf(me, i)).isInUse = 1;
    me.tail = nextPosition(me.tail);
  }
  me.first += me.group;
  forgetGroup(me);
  return "reads the sleep sets";
}

/** Nothing of the group is left to be seen. In mutants something may be, for the time being. */
function forgetGroup(me: Parent): void {
  if (me.hidden !== 0) return;
  me.group = 0;
  me.groupAt = 0;
  me.task = 0;
}

/** The store of the first entry, whatever is hidden. */
export function publishGroup(world: World, me: Parent): string {
  storeEntry(world, me, 0, me.groupAt);
  return groupIsPut(world, me);
}

export function groupSteps(world: World): Steps<Parent> {
  return {
    // An atomic store: a thread that sees it sees all that was stored before.
    [PUBLISHES]: (me) => (me.hidden === 0 ? publishGroup(world, me) : undefined),
  };
}
