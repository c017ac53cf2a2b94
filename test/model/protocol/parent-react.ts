/**
 * The parent reads results and buries dead workers: `WorkerPass`, `killWorker` and `buryWorker` of native-queue, and
 * what `WorkerSupervisor` does around them.
 */
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

/** `readFor`: what the reading of a ring is part of. */
const PASS = 0;
const KILL = 1;
const HEARD = 2;

/** `buryFor`: what the burial of a worker is part of. */
const BURIAL = 0;
const KILLING = 1;
/** The same for a worker that was dismissed before: it has no successor. */
const KILLING_DISMISSED = 2;

export interface AfterReact {
  readonly refill: Step<Parent>;
  readonly done: (me: Parent) => string;
  /** Where a new worker begins. */
  readonly workerBegins: number;
}

/** Whether the parent still reads the results of a worker. */
export function isPresent({ channel }: Worker): boolean {
  return channel === RUNNING || channel === LEAVING;
}

/** The first present worker from a number on, -1 when there is none. */
export function presentFrom({ workers }: World, from: number): number {
  return workers.findIndex((worker, number) => number >= from && isPresent(worker));
}

export function reactSteps(world: World, after: AfterReact, broken: Broken): Steps<Parent> {
  return {
    ...passSteps(world, after),
    ...readSteps(world, after, broken),
    ...burialSteps(world, after, broken),
    ...killSteps(world),
  };
}

function passSteps(world: World, after: AfterReact): Steps<Parent> {
  const { queue, parent } = world;
  const lookForEndsFrom = (from: number): string | undefined => {
    parent.worker = 0;
    const worker = presentFrom(world, from);
    if (worker === -1) return readFrom(world, 0, after);
    parent.worker = worker;
    return "looks for an end at a worker's gate";
  };
  return {
    "reads how many have ended": (me) => {
      const hasNewEnds = queue.ends !== me.endsSeen;
      me.endsSeen = queue.ends;
      return hasNewEnds ? lookForEndsFrom(0) : readFrom(world, 0, after);
    },
    "looks for an end at a worker's gate": (me) => {
      if (item(world.slots, item(world.workers, me.worker).slot).gate === ENDED)
        me.ended |= 1 << me.worker;
      return lookForEndsFrom(me.worker + 1);
    },
  };
}

function readFrom(world: World, from: number, after: AfterReact): string | undefined {
  const { parent } = world;
  const worker = presentFrom(world, from);
  if (worker === -1) return buryNext(world, after);
  parent.worker = worker;
  parent.readFor = PASS;
  return "reads the tail of a ring";
}

function buryNext(world: World, after: AfterReact): string | undefined {
  const { parent } = world;
  parent.worker = 0;
  if (parent.ended === 0) return after.refill(parent);
  parent.worker = 31 - Math.clz32(parent.ended & -parent.ended);
  parent.ended &= ~(1 << parent.worker);
  parent.buryFor = BURIAL;
  return "settles what the worker held";
}

function readSteps(world: World, after: AfterReact, broken: Broken): Steps<Parent> {
  const { slots, workers } = world;
  const finish: Step<Parent> = (me) => {
    const part = me.readFor;
    me.readFor = PASS;
    if (part === PASS) return readFrom(world, me.worker + 1, after);
    const isDismissed = item(workers, me.worker).channel === LEAVING;
    if (part === KILL) me.buryFor = isDismissed ? KILLING_DISMISSED : KILLING;
    else me.buryFor = BURIAL;
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

/** The first steps of `killWorker`. Then the ring is read and the worker buried. */
function killSteps(world: World): Steps<Parent> {
  return {
    "shuts the gate": (me) => {
      moveGate(item(world.slots, item(world.workers, me.worker).slot), SHUT, AWAITED);
      return "waits until the worker has left";
    },
    "waits until the worker has left": (me) => {
      if (!isMoved(item(world.slots, item(world.workers, me.worker).slot))) return undefined;
      me.readFor = KILL;
      return "reads the tail of a ring";
    },
  };
}

/** `WorkerSupervisor.workerClosed`: the system says that a worker's thread is gone. */
export function hearOfEnd(world: World, worker: number, after: AfterReact): string | undefined {
  const { parent } = world;
  parent.worker = worker;
  if (item(world.workers, worker).channel === TERMINATED) {
    bury(world, false, after);
    parent.worker = 0;
    return after.refill(parent);
  }
  parent.readFor = HEARD;
  return "reads the tail of a ring";
}

/** `cleanUp` of burial.ts, and what the parent does after it. */
function burialSteps(world: World, after: AfterReact, broken: Broken): Steps<Parent> {
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
      if (me.buryFor !== BURIAL) {
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
      const { buryFor } = me;
      me.buryFor = BURIAL;
      if (buryFor === KILLING) startSuccessor(world, after);
      if (buryFor === BURIAL) bury(world, true, after);
      if (buryFor === BURIAL && me.reactFor !== 0) return buryNext(world, after);
      me.worker = 0;
      return after.done(me);
    }),
  };
}

/** Frees the worker's tasks and its slot. A successor takes a slot. */
function bury(world: World, isFirstTime: boolean, after: AfterReact): void {
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

/** `WorkerSupervisor.#replace`: starts a successor in a free slot, or later when a slot is free again. */
function startSuccessor(world: World, after: AfterReact): void {
  const slot = world.slots.findIndex(({ occupant }) => occupant === 0);
  if (slot === -1) world.parent.owed += 1;
  else start(world, nextUnborn(world), slot, after.workerBegins);
}

/** Clears the ring of a dead worker, which no thread reads any more. */
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
