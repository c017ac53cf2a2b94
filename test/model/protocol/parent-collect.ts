/** The parent reads results and buries the dead: `collect`, `drain`, `kill` and what follows a death, of crew.ts. */
import type { Broken } from "./broken.ts";
import { nextUnborn, start } from "./death.ts";
import { isMoved, moveGate } from "./gate.ts";
import type { Step, Steps } from "./program.ts";
import { commit, recover, release, takeFrames } from "./settling.ts";
import { addToPark, bumpEpochSteps, notify } from "./waking.ts";
import { leaveSets } from "./worker.ts";
import {
  CLOSED,
  ENDED,
  KILLED,
  KILLING as AWAITED,
  LEAVING,
  RUNNING,
  SHUT,
  TERMINATED,
  ALIVE,
  item,
} from "./world.ts";
import type { Parent, Worker, World } from "./world.ts";

/** `drainFor`: what the reading of a ring is part of. */
const COLLECT = 0;
const KILL = 1;
const HEARD = 2;

/** `removeFor`: what the removal of a worker is part of. */
const BURIAL = 0;
const KILLING = 1;
/** The same for a worker that was dismissed before: it has no successor. */
const KILLING_DISMISSED = 2;

export interface AfterCollect {
  readonly refill: Step<Parent>;
  readonly done: (me: Parent) => string;
  /** Where a new worker begins. */
  readonly workerBegins: number;
}

/** Are the worker's results still read? */
export function isPresent({ channel }: Worker): boolean {
  return channel === RUNNING || channel === LEAVING;
}

/** The first present worker from a number on, -1 when there is none. */
export function presentFrom({ workers }: World, from: number): number {
  return workers.findIndex((worker, number) => number >= from && isPresent(worker));
}

export function collectSteps(world: World, after: AfterCollect, broken: Broken): Steps<Parent> {
  return {
    ...collectOnlySteps(world, after),
    ...drainSteps(world, after, broken),
    ...removeSteps(world, after, broken),
    ...killSteps(world),
  };
}

function collectOnlySteps(world: World, after: AfterCollect): Steps<Parent> {
  const { queue, parent } = world;
  const lookForEndsFrom = (from: number): string | undefined => {
    parent.worker = 0;
    const worker = presentFrom(world, from);
    if (worker === -1) return drainFrom(world, 0, after);
    parent.worker = worker;
    return "looks for an end at a worker's gate";
  };
  return {
    "reads how many have ended": (me) => {
      const isNews = queue.ends !== me.endsSeen;
      me.endsSeen = queue.ends;
      return isNews ? lookForEndsFrom(0) : drainFrom(world, 0, after);
    },
    "looks for an end at a worker's gate": (me) => {
      if (item(world.slots, item(world.workers, me.worker).slot).gate === ENDED)
        me.ended |= 1 << me.worker;
      return lookForEndsFrom(me.worker + 1);
    },
  };
}

function drainFrom(world: World, from: number, after: AfterCollect): string | undefined {
  const { parent } = world;
  const worker = presentFrom(world, from);
  if (worker === -1) return buryNext(world, after);
  parent.worker = worker;
  parent.drainFor = COLLECT;
  return "reads the tail of a ring";
}

function buryNext(world: World, after: AfterCollect): string | undefined {
  const { parent } = world;
  parent.worker = 0;
  if (parent.ended === 0) return after.refill(parent);
  parent.worker = 31 - Math.clz32(parent.ended & -parent.ended);
  parent.ended &= ~(1 << parent.worker);
  parent.removeFor = BURIAL;
  return "settles what the worker held";
}

function drainSteps(world: World, after: AfterCollect, broken: Broken): Steps<Parent> {
  const { slots, workers } = world;
  const finish: Step<Parent> = (me) => {
    const part = me.drainFor;
    me.drainFor = COLLECT;
    if (part === COLLECT) return drainFrom(world, me.worker + 1, after);
    const isDismissed = item(workers, me.worker).channel === LEAVING;
    if (part === KILL) me.removeFor = isDismissed ? KILLING_DISMISSED : KILLING;
    else me.removeFor = BURIAL;
    return "settles what the worker held";
  };
  return {
    "reads the tail of a ring": (me) => {
      const before = me.taken;
      takeFrames(world, me.worker, broken);
      if (me.taken > before) return "reads the tail of a ring";
      return me.taken > 0 ? "gives the space back" : finish(me);
    },
    "gives the space back": (me) => {
      commit(world, me.worker);
      return "looks whether the worker wants space";
    },
    "looks whether the worker wants space": (me) => {
      const worker = item(workers, me.worker);
      if (worker.wanted === 0) return finish(me);
      worker.wanted = 0;
      return "adds to the park counter, there is space";
    },
    "adds to the park counter, there is space": (me) => {
      addToPark(item(slots, item(workers, me.worker).slot));
      return "notifies the worker, there is space";
    },
    "notifies the worker, there is space": (me) => {
      notify(item(slots, item(workers, me.worker).slot));
      return finish(me);
    },
  };
}

/** `kill`; then the ring is read and the worker removed. */
function killSteps(world: World): Steps<Parent> {
  return {
    "shuts the gate": (me) => {
      moveGate(item(world.slots, item(world.workers, me.worker).slot), SHUT, AWAITED);
      return "waits until the worker has left";
    },
    "waits until the worker has left": (me) => {
      if (!isMoved(item(world.slots, item(world.workers, me.worker).slot))) return undefined;
      me.drainFor = KILL;
      return "reads the tail of a ring";
    },
  };
}

/** Begins what follows the system's word that a worker's thread is gone: `#closed`. */
export function hearOfEnd(world: World, worker: number, after: AfterCollect): string | undefined {
  const { parent } = world;
  parent.worker = worker;
  if (item(world.workers, worker).channel === TERMINATED) {
    bury(world, false, after);
    parent.worker = 0;
    return after.refill(parent);
  }
  parent.drainFor = HEARD;
  return "reads the tail of a ring";
}

/** `#remove` and `#clearTraces`, and what goes on after them. */
function removeSteps(world: World, after: AfterCollect, broken: Broken): Steps<Parent> {
  const { workers, slots } = world;
  const wakeFrom = (from: number): string => {
    const { parent } = world;
    parent.other = 0;
    for (const [number, worker] of workers.entries()) {
      if (number < from || number === parent.worker || !isPresent(worker)) continue;
      parent.other = number;
      return "adds to the park counter of one of all";
    }
    return "adds to the epoch";
  };
  return {
    "settles what the worker held": (me) => {
      const worker = item(workers, me.worker);
      if (me.removeFor !== BURIAL) {
        // From here on the system may stop the thread, wherever it is.
        if (worker.life === ALIVE) worker.life = KILLED;
        worker.channel = TERMINATED;
      }
      recover(world, me.worker, broken);
      return "clears the worker's bits";
    },
    "clears the worker's bits": (me) => {
      leaveSets(world, item(workers, me.worker));
      return wakeFrom(0);
    },
    "adds to the park counter of one of all": (me) => {
      addToPark(item(slots, item(workers, me.other).slot));
      return "notifies one of all";
    },
    "notifies one of all": (me) => {
      notify(item(slots, item(workers, me.other).slot));
      return wakeFrom(me.other + 1);
    },
    ...bumpEpochSteps<Parent>(world, (me) => {
      const { removeFor } = me;
      me.removeFor = BURIAL;
      if (removeFor === KILLING) startSuccessor(world, after);
      if (removeFor === BURIAL) bury(world, true, after);
      if (removeFor === BURIAL && me.collectFor !== 0) return buryNext(world, after);
      me.worker = 0;
      return after.done(me);
    }),
  };
}

/** The worker's tasks and its slot are free again; a successor takes a slot. */
function bury(world: World, isFirstTime: boolean, after: AfterCollect): void {
  const { parent } = world;
  const worker = item(world.workers, parent.worker);
  const hasSuccessor = worker.channel === RUNNING;
  for (const task of world.tasks.keys())
    if ((worker.held & (1 << task)) !== 0) release(world, task);
  const slot = item(world.slots, worker.slot);
  slot.occupant = 0;
  worker.channel = CLOSED;
  forgetRing(world, parent.worker);
  if (parent.owed > 0) {
    parent.owed -= 1;
    startSuccessor(world, after);
  }
  if (isFirstTime && hasSuccessor) startSuccessor(world, after);
}

/** `#replace`: in a free slot, or later when one is free again. */
function startSuccessor(world: World, after: AfterCollect): void {
  const slot = world.slots.findIndex(({ occupant }) => occupant === 0);
  if (slot === -1) world.parent.owed += 1;
  else start(world, nextUnborn(world), slot, after.workerBegins);
}

/** Nobody reads the ring of a dead worker any more. */
function forgetRing(world: World, worker: number): void {
  const me = item(world.workers, worker);
  me.held = 0;
  me.tail = 0;
  me.read = 0;
  me.wanted = 0;
  for (const frame of item(world.frames, worker)) {
    frame.task = 0;
    frame.generation = 0;
    frame.value = 0;
  }
}
