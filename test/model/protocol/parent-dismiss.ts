/** `WorkerSupervisor.dismiss`: the gate is moved, then the worker unparked. */
import { isAtQueue, isMoved, moveGate } from "./gate.ts";
import { AT_EVENT_LOOP } from "./parent-wait.ts";
import type { Steps } from "./program.ts";
import { addToPark, notify } from "./waking.ts";
import { DISMISSED, DISMISSING, GONE, LEAVING, RUNNING, item } from "./world.ts";
import type { Parent, World } from "./world.ts";

const WAITS = "waits until the dismissed worker has left";

/**
 * Dismisses a worker. The move of its gate and the two steps of the unpark are one step, unless the worker is at the
 * queue: only that worker could notice the steps between.
 *
 * @returns the next step of the parent; undefined when the worker cannot be dismissed
 */
export function dismiss(world: World, number: number): string | undefined {
  const { left, parent, slots, workers } = world;
  const worker = item(workers, number);
  const slot = item(slots, worker.slot);
  if (left.dismissals === 0 || worker.channel !== RUNNING) return undefined;
  // The parent would wait for ever for a worker that has vanished at the queue.
  if (worker.life === GONE && isAtQueue(slot)) return undefined;
  left.dismissals -= 1;
  worker.channel = LEAVING;
  moveGate(slot, DISMISSED, DISMISSING);
  parent.worker = number;
  return isMoved(slot) ? unpark(world) : WAITS;
}

/** The step that follows when the worker was at the queue. */
export function dismissSteps(world: World): Steps<Parent> {
  const { slots, workers } = world;
  return {
    [WAITS]: (me) =>
      isMoved(item(slots, item(workers, me.worker).slot)) ? unpark(world) : undefined,
  };
}

function unpark({ parent, slots, workers }: World): string {
  const slot = item(slots, item(workers, parent.worker).slot);
  addToPark(slot);
  notify(slot);
  parent.worker = 0;
  return AT_EVENT_LOOP;
}
