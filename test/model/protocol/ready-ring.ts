/** request-ring.ts, the workers' half: `claim` behind the gate, and `hasWork`. */
import { distance, isReady, lapOf, nextPosition } from "./counters.ts";
import type { Steps } from "./program.ts";
import { CLAIMED, CLAIMING, OPEN, READY, item } from "./world.ts";
import type { Entry, Worker, World } from "./world.ts";

/** The entry that a position falls on. */
export function entryAt(world: World, position: number): Entry {
  return item(world.entries, position % world.entries.length);
}

/** Is a request published that nobody has claimed or cancelled? */
export function doesWorkWait(world: World): boolean {
  const { queue, parent, tasks } = world;
  return tasks.some(
    (task) =>
      task.tag === READY &&
      distance(queue.head, task.position) < distance(queue.head, parent.tail) &&
      isReady(task, task.position),
  );
}

/** `claimThroughGate`. */
export function claimSteps(
  world: World,
  next: { stopped: string; empty: string; claimed(me: Worker): string },
): Steps<Worker> {
  const { queue, slots, tasks } = world;
  return {
    "enters its gate": (me) => {
      const slot = item(slots, me.slot);
      if (slot.gate !== OPEN) return next.stopped;
      slot.gate = CLAIMING;
      return "reads head";
    },
    "reads head": (me) => {
      me.head = queue.head;
      return "reads the entry";
    },
    "reads the entry": (me) => {
      const entry = entryAt(world, me.head);
      if (entry.lap !== lapOf(world, me.head)) {
        me.sawNothing = doesWorkWait(world) ? 0 : 1;
        return "reads head again";
      }
      me.task = entry.task;
      return "claims the task";
    },
    "reads head again": (me) => {
      const isEmpty = queue.head === me.head;
      if (!isEmpty) me.sawNothing = 0;
      return isEmpty ? "leaves its gate" : "reads head";
    },
    "claims the task": (me) => {
      const task = item(tasks, me.task);
      if (isReady(task, me.head)) {
        task.tag = CLAIMED;
        task.owner = me.slot;
        me.holds = 1;
      }
      return "moves head on";
    },
    "moves head on": (me) => {
      if (queue.head === me.head) queue.head = nextPosition(me.head);
      if (me.holds === 1) return "leaves its gate";
      me.task = 0;
      return "reads head";
    },
    "leaves its gate": (me) => {
      item(slots, me.slot).gate = OPEN;
      me.head = 0;
      me.sawNothing = 0;
      return me.holds === 1 ? next.claimed(me) : next.empty;
    },
  };
}

/** `hasWork`: a look that claims nothing. */
export function lookSteps(
  world: World,
  look: string,
  next: { found: (me: Worker) => string; nothing: (me: Worker) => string },
): Steps<Worker> {
  const { queue } = world;
  return {
    [`${look}: reads head`]: (me) => {
      me.head = queue.head;
      return `${look}: reads the entry`;
    },
    [`${look}: reads the entry`]: (me) => {
      if (entryAt(world, me.head).lap !== lapOf(world, me.head)) return `${look}: reads head again`;
      me.head = 0;
      return next.found(me);
    },
    [`${look}: reads head again`]: (me) => {
      if (queue.head !== me.head) return `${look}: reads head`;
      me.head = 0;
      return next.nothing(me);
    },
  };
}
