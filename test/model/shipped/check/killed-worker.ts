/**
 * What a gate promises: it is shut before the thread of a killed worker is terminated, and from then on the worker
 * changes no word that others read.
 */
import type { Machine, State } from "../machine/machine.ts";
import { effectOf, isPlain } from "../machine/operation.ts";
import { isWrite } from "./co-enabled.ts";

/**
 * A word that a terminated thread changes next, as a sentence; undefined when there is none. Plain writes are left out:
 * they go to bytes behind the tail of the worker's ring, where the parent does not look.
 * The check is of states and not of transitions, because sleep sets leave out transitions.
 *
 * @param mayChange whether a killed worker may change a cell all the same
 */
export function changeAfterKill(
  machine: Machine,
  state: State,
  mayChange: (cell: number) => boolean,
): string | undefined {
  for (const [thread, { point, isDead, isParked }] of state.locals.entries()) {
    const { next } = point;
    if (next === undefined || isDead || isParked || isPlain(next) || !isWrite(next)) continue;
    if (!machine.isTerminated(state, thread) || mayChange(next.cell)) continue;
    const value = machine.memory.valueOf(state.memory, next.cell);
    if (effectOf(next, value).after === value) continue;
    const name = machine.memory.nameOf(next.cell);
    return `A killed worker changes what others read: ${point.thread.code.name} ${name}`;
  }
  return undefined;
}
