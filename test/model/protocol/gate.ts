/** gate.ts of native-queue. Each function is one step of the worker or the parent, or part of one. */
import {
  AT_QUEUE,
  DISMISSED,
  DISMISSED_AT_QUEUE,
  DISMISSING,
  KILLING,
  OPEN,
  SHUT,
  item,
} from "./world.ts";
import type { Slot, Worker, World } from "./world.ts";

/** Where a killed worker stands until the system stops its thread. */
export const IS_SHUT_OUT = "is shut out";

/** `tryEnter`. Returns the next step: of a worker that is not dismissed, of one that is, or of one that is shut out. */
export function enter(slot: Slot, next: string, dismissed: string = next): string {
  if (slot.gate === OPEN) {
    slot.gate = AT_QUEUE;
    return next;
  }
  if (slot.gate !== DISMISSED) return IS_SHUT_OUT;
  slot.gate = DISMISSED_AT_QUEUE;
  return dismissed;
}

/** `leave`. Its notify is left out, and so is the sleep of the parent, which waits for the store instead. */
export function leave(slot: Slot, next: string): string {
  if (slot.gate === AT_QUEUE) slot.gate = OPEN;
  else if (slot.gate === DISMISSED_AT_QUEUE || slot.gate === DISMISSING) slot.gate = DISMISSED;
  else slot.gate = SHUT;
  return slot.gate === SHUT ? IS_SHUT_OUT : next;
}

/** `claim` of a worker that is at the queue: it knows whether it is dismissed, and does not look at its gate. */
export function claimOn(slot: Slot, next: string, dismissed: string): string {
  return slot.gate === DISMISSED_AT_QUEUE ? dismissed : next;
}

/** The slot of a worker. */
export function slotOf(world: World, { slot }: Worker): Slot {
  return item(world.slots, slot);
}

/** The first step of `moveGate`; load and CAS are one. In the second step the parent waits for `isMoved`. */
export function moveGate(slot: Slot, to: number, awaited: number): void {
  const { gate } = slot;
  if (gate >= to) return;
  slot.gate = gate === AT_QUEUE || gate === DISMISSED_AT_QUEUE ? awaited : to;
}

/** Whether the parent does not wait for the worker to leave, or the worker has left. */
export function isMoved({ gate }: Slot): boolean {
  return gate !== DISMISSING && gate !== KILLING;
}

/** Whether the worker is at the queue. */
export function isAtQueue({ gate }: Slot): boolean {
  return gate > OPEN && gate < SHUT && gate !== DISMISSED;
}
