/** The workers' half of request-ring.ts: `claim` behind the gate, and `hasWork`. */
import type { Broken } from "./broken.ts";
import { distance, isReady, lapOf, nextPosition } from "./counters.ts";
import { enter, slotOf } from "./gate.ts";
import type { Steps } from "./program.ts";
import { CLAIMED, READY, item } from "./world.ts";
import type { Entry, Worker, World } from "./world.ts";

/** The entry of a position. */
export function entryAt(world: World, position: number): Entry {
  return item(world.entries, position % world.entries.length);
}

/** Whether a request is published and neither claimed nor cancelled. */
export function doesWorkWait(world: World): boolean {
  const { queue, parent, tasks } = world;
  return tasks.some(
    (task) =>
      task.tag === READY &&
      distance(queue.head, task.position) < distance(queue.head, parent.tail) &&
      isReady(task, task.position),
  );
}

/** A claim has found nothing. No other thread notices this step. */
export const FINDS_NOTHING = "finds nothing";

/** `WorkerGate.claim`, from the coming to the queue. The worker stays there. */
export function claimSteps(
  world: World,
  next: { stopped: string; empty: string; claimed(me: Worker): string },
  broken: Broken,
): Steps<Worker> {
  const { queue, tasks } = world;
  return {
    "enters its gate": (me) => enter(slotOf(world, me), "reads head", next.stopped),
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
      if (queue.head === me.head) return FINDS_NOTHING;
      me.sawNothing = 0;
      return "reads head";
    },
    [FINDS_NOTHING]: (me) => {
      if (me.sawNothing === 0) broken("I9", "a worker finds nothing while a request waits");
      me.head = 0;
      me.sawNothing = 0;
      return next.empty;
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
      if (me.holds === 0) {
        me.task = 0;
        return "reads head";
      }
      me.head = 0;
      me.sawNothing = 0;
      return next.claimed(me);
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
