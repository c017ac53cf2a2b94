/**
 * The parent puts, cancels, and refills the queue from the backlog: `RequestQueue` of src/pool, and request-ring.ts.
 */
import type { Broken } from "./broken.ts";
import { distance, generationOf, isReady, lapOf, nextPosition } from "./counters.ts";
import type { Step, Steps } from "./program.ts";
import { beginGroup, groupSteps, hasRoomFor, isPutTogether } from "./parent-group.ts";
import { entryAt } from "./ready-ring.ts";
import { release, settle } from "./settling.ts";
import { wakeOneSteps } from "./waking.ts";
import {
  CANCELLED,
  FOR_CLAIMS,
  FREE,
  FRESH,
  NO_READING,
  READY,
  STALE,
  ASLEEP,
  PENDING,
  WOKEN,
  NO_WAITER,
  item,
} from "./world.ts";
import type { Parent, World } from "./world.ts";

/** `putFor`: what the put is part of. */
const SUBMIT = 0;
const REFILL = 1;

/** The next steps of the parent when a put, or all of a refill, is done. */
export interface AfterPut {
  /** The put has found no room. The parent reads results, which may make room. */
  readonly makeRoom: Step<Parent>;
  readonly done: (me: Parent) => string;
  readonly refilled: (me: Parent) => string;
}

/** Submits a request: publishes it at once, or pushes it on the backlog. */
export function submit(world: World, me: Parent, after: AfterPut): string | undefined {
  const hasBacklog = me.first < me.next;
  const count = isPutTogether(world) ? Math.min(2, world.config.requests - me.next) : 1;
  for (let i = 0; i < count; i++) {
    item(world.requests, me.next).outcome = PENDING;
    me.next += 1;
  }
  me.putFor = SUBMIT;
  return hasBacklog ? after.makeRoom(me) : tryPublish(world, me, after);
}

/** `RequestQueue.refill`: publishes requests of the backlog while there is room. */
export function refill(world: World, me: Parent, after: AfterPut): string | undefined {
  me.putFor = REFILL;
  return tryPublish(world, me, after);
}

function tryPublish(world: World, me: Parent, after: AfterPut): string | undefined {
  if (me.first === me.next || world.tasks.every(({ isInUse }) => isInUse === 1))
    return noRoom(me, after);
  if (hasRoomFor(world, me, me.headSeen)) return beginStores(world, me, me.headSeen);
  return "looks for room: reads head";
}

/** The stores of one put, or of several in one go. */
function beginStores(world: World, me: Parent, head: number): string {
  return isPutTogether(world) ? beginGroup(world, me, head) : "stores the task, READY";
}

function noRoom(me: Parent, after: AfterPut): string | undefined {
  if (me.putFor === SUBMIT) return after.makeRoom(me);
  me.putFor = SUBMIT;
  return after.refilled(me);
}

export function putSteps(world: World, after: AfterPut): Steps<Parent> {
  const { tasks } = world;
  return {
    ...helpSteps(world, after),
    "stores the task, READY": (me) => {
      me.task = tasks.findIndex(({ isInUse }) => isInUse === 0);
      const task = item(tasks, me.task);
      task.payload = me.first + 1;
      task.request = me.first + 1;
      task.position = me.tail;
      task.isInUse = 1;
      task.tag = READY;
      task.generation = generationOf(me.tail);
      task.owner = 0;
      return "stores the entry";
    },
    "stores the entry": (me) => {
      const entry = entryAt(world, me.tail);
      entry.lap = lapOf(world, me.tail);
      entry.task = me.task;
      me.tail = nextPosition(me.tail);
      me.first += 1;
      me.task = 0;
      return "reads the sleep sets";
    },
    ...groupSteps(world),
    ...wakeOneSteps<Parent>(world, (me) => {
      // A refill goes on. It ends only with a try to publish that finds nothing to do.
      if (me.putFor === REFILL) return tryPublish(world, me, after) as string;
      // A put ends here. There may have been room for one of two only.
      const isAllPut = me.first === me.next || !isPutTogether(world);
      return isAllPut ? after.done(me) : (after.makeRoom(me) as string);
    }),
  };
}

/** `#hasRoomAfterHelping`: passes the entries of cancelled tasks. */
function helpSteps(world: World, after: AfterPut): Steps<Parent> {
  const { queue, tasks } = world;
  return {
    "looks for room: reads head": (me) => {
      me.head = queue.head;
      me.headSeen = queue.head;
      if (me.head !== me.tail) return "looks for room: reads the task at head";
      me.head = 0;
      return beginStores(world, me, me.headSeen);
    },
    "looks for room: reads the task at head": (me) => {
      // The parent alone writes entries, so this is no step of its own.
      if (!isReady(item(tasks, entryAt(world, me.head).task), me.head))
        return "looks for room: moves head on";
      const { head } = me;
      me.head = 0;
      if (distance(head, me.tail) === world.entries.length) return noRoom(me, after);
      return beginStores(world, me, head);
    },
    "looks for room: moves head on": (me) => {
      if (queue.head === me.head) queue.head = nextPosition(me.head);
      return "looks for room: reads head";
    },
  };
}

/** `tryCancel`: one CAS. Returns false when a worker was faster. */
export function cancel(world: World, request: number, broken: Broken): boolean {
  const task = world.tasks.findIndex((cell) => cell.request === request + 1);
  if (task === -1) return false;
  const cell = item(world.tasks, task);
  if (!isReady(cell, cell.position)) return false;
  cell.tag = FREE;
  settle(world, task, CANCELLED, broken);
  release(world, task);
  return true;
}

/** How many requests wait, as `qSize` counts them. Entries of cancelled requests count until they are passed. */
function waiting({ queue, parent }: World): number {
  return parent.next - parent.first + distance(queue.head, parent.tail);
}

/** `Admission`: a put blocks while `qSize` requests wait. */
export function waitForRoomSteps(
  world: World,
  next: { hasRoom: Step<Parent>; look: string; react: Step<Parent> },
): Steps<Parent> {
  const { queue, config } = world;
  const hasRoom = (): boolean => waiting(world) < config.qSize;
  return {
    "looks whether fewer wait": (me) =>
      hasRoom() ? next.hasRoom(me) : "reads the epoch, to wait for room",
    "reads the epoch, to wait for room": (me) => {
      me.epoch = FRESH;
      return "arms itself for claims";
    },
    "arms itself for claims": () => {
      queue.arm = FOR_CLAIMS;
      return "looks again whether fewer wait";
    },
    "looks again whether fewer wait": (me) => {
      if (!hasRoom()) return next.look;
      me.epoch = NO_READING;
      return next.react(me);
    },
    "waits for room": (me) => {
      if (me.epoch === STALE) {
        me.epoch = NO_READING;
        return next.react(me);
      }
      me.epoch = NO_READING;
      me.waiter = ASLEEP;
      return "wakes up, there may be room";
    },
    "wakes up, there may be room": (me) => {
      if (me.waiter !== WOKEN) return undefined;
      me.waiter = NO_WAITER;
      return next.react(me);
    },
  };
}
