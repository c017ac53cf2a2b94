/** The parent of the pool, as far as children concern it: it stops the request, and cleans up after dead workers (`burial.ts`). */
import { isMoved, moveGate } from "../gate.ts";
import type { Steps } from "../program.ts";
import { ALIVE, KILLED, KILLING, SHUT } from "../world.ts";
import type { Slot } from "../world.ts";
import {
  CANCELLED,
  DIED,
  DONE,
  GONE,
  LOST,
  OFFERED,
  ORPHANED,
  PENDING,
  ROOT,
  TAKEN,
} from "./world.ts";
import type { Child, ChildParent, ChildWorker, ChildrenWorld } from "./world.ts";
import { addToPark, notify } from "./worker.ts";

export const IDLES = "has nothing to do";

export function parentSteps(world: ChildrenWorld): Steps<ChildParent> {
  return { [IDLES]: () => undefined, ...stopSteps(world), ...deathSteps(world) };
}

function workerAt({ workers }: ChildrenWorld, number: number): ChildWorker {
  return workers[number] as ChildWorker;
}

/** `RunStops.request`, then a look for the takers of its children. */
function stopSteps(world: ChildrenWorld): Steps<ChildParent> {
  const { queue, children } = world;
  const next = (me: ChildParent): string => {
    me.child += 1;
    if (me.child < children.length) return "looks whether a child is taken";
    me.child = 0;
    return IDLES;
  };
  return {
    "asks the request to stop": (me) => {
      queue.stop = 1;
      if (queue.outcome === PENDING) queue.outcome = CANCELLED;
      me.child = 0;
      return "adds to the park counter of the request's worker";
    },
    "adds to the park counter of the request's worker": () => {
      addToPark(workerAt(world, 0));
      return "notifies the request's worker";
    },
    "notifies the request's worker": () => {
      notify(workerAt(world, 0));
      return "looks whether a child is taken";
    },
    "looks whether a child is taken": (me) => {
      const { state, taker } = children[me.child] as Child;
      if (state !== TAKEN && state !== ORPHANED) return next(me);
      me.worker = taker;
      return "adds to the park counter of a taker";
    },
    "adds to the park counter of a taker": (me) => {
      addToPark(workerAt(world, me.worker));
      return "notifies a taker";
    },
    "notifies a taker": (me) => {
      notify(workerAt(world, me.worker));
      me.worker = 0;
      return next(me);
    },
  };
}

function deathSteps(world: ChildrenWorld): Steps<ChildParent> {
  const { queue, children, workers } = world;
  const slotOf = (me: ChildParent): Slot => workerAt(world, me.worker) as unknown as Slot;
  const wakeFrom = (me: ChildParent, from: number): string => {
    const other = workers.findIndex(
      ({ isBuried }, number) => number >= from && number !== me.worker && isBuried === 0,
    );
    me.other = Math.max(other, 0);
    if (other !== -1) return "adds to the park counter of one of all";
    me.worker = 0;
    return IDLES;
  };
  return {
    "shuts the gate": (me) => {
      moveGate(slotOf(me), SHUT, KILLING);
      return "waits until the worker has left";
    },
    "waits until the worker has left": (me) =>
      isMoved(slotOf(me)) ? "settles what the worker held" : undefined,
    "settles what the worker held": (me) => {
      const worker = workerAt(world, me.worker);
      // From here on the system may stop the thread, wherever it is.
      if (worker.life === ALIVE) worker.life = KILLED;
      if (me.worker === ROOT && queue.outcome === PENDING) queue.outcome = DIED;
      return "clears the worker's bits";
    },
    "clears the worker's bits": (me) => {
      queue.idle &= ~(1 << me.worker);
      queue.spin &= ~(1 << me.worker);
      return "takes the worker out of the helpers";
    },
    "takes the worker out of the helpers": (me) => {
      queue.helping &= ~(1 << me.worker);
      me.child = 0;
      return children.length > 0 ? "moves a cell on" : wakeFrom(me, 0);
    },
    "moves a cell on": (me) => {
      const child = children[me.child] as Child;
      child.state = afterDeath(child, me.worker);
      if (child.state === GONE) child.taker = 0;
      me.child += 1;
      if (me.child < children.length) return "moves a cell on";
      me.child = 0;
      workerAt(world, me.worker).isBuried = 1;
      return wakeFrom(me, 0);
    },
    "adds to the park counter of one of all": (me) => {
      addToPark(workerAt(world, me.other));
      return "notifies one of all";
    },
    "notifies one of all": (me) => {
      notify(workerAt(world, me.other));
      return wakeFrom(me, me.other + 1);
    },
  };
}

/** `afterDeath` of board.ts. A child that was in the memory of the dead worker alone stays as it is: no thread looks at it. */
function afterDeath({ state, owner, taker }: Child, dead: number): number {
  if (owner === dead) {
    if (state === TAKEN) return ORPHANED;
    if (state === ORPHANED) return taker === dead ? GONE : ORPHANED;
    return [OFFERED, DONE, LOST].includes(state) ? GONE : state;
  }
  if (taker !== dead) return state;
  if (state === TAKEN) return LOST;
  return state === ORPHANED ? GONE : state;
}
