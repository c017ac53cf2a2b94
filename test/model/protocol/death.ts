/** How threads of workers begin and stop. */
import { FRAME_COUNTS } from "./configuration.ts";
import {
  ALIVE,
  GONE,
  KILLED,
  NO_WAITER,
  NO_READING,
  RUNNING,
  STARTING,
  UNBORN,
  item,
} from "./world.ts";
import type { Worker, World } from "./world.ts";

/** Whether the thread still takes steps. */
export function isRunning({ life }: Worker): boolean {
  return life === ALIVE || life === KILLED;
}

/**
 * The parent starts a worker in a free slot. Fields of dead workers are 0, so that equal situations are equal states.
 */
export function start(world: World, worker: number, slot: number, begins: number): void {
  const me = item(world.workers, worker);
  me.life = ALIVE;
  me.channel = RUNNING;
  me.slot = slot;
  me.at = begins;
  me.isSearching = 1;
  me.tail = FRAME_COUNTS - 1;
  me.read = FRAME_COUNTS - 1;
  item(world.slots, slot).gate = STARTING;
  item(world.slots, slot).occupant = worker + 1;
}

/** The next thread that was never started, -1 when there is none. */
export function nextUnborn(world: World): number {
  return world.workers.findIndex(({ life }) => life === UNBORN);
}

/** The thread takes no more steps, at whatever step it was. */
export function vanish(world: World, me: Worker): void {
  me.life = GONE;
  me.at = 0;
  me.head = 0;
  me.task = 0;
  me.holds = 0;
  me.value = 0;
  me.isSearching = 0;
  me.target = 0;
  me.word = 0;
  me.firstIdle = 0;
  me.armed = 0;
  me.sawNothing = 0;
  stopWaiting(world, me);
}

/** The thread sleeps no more. Its slot may belong to a successor already. */
export function stopWaiting(world: World, me: Worker): void {
  const slot = item(world.slots, me.slot);
  if (slot.occupant !== world.workers.indexOf(me) + 1) return;
  slot.waiter = NO_WAITER;
  slot.park = NO_READING;
}
