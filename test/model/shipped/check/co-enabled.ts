/**
 * Data races as the language defines them are found in the states themselves: a program has one exactly if, in some
 * sequentially consistent execution, two conflicting accesses that are not both atomic come next at the same
 * time (Boehm and Adve, "Foundations of the C++ Concurrency Memory Model", 2008, section 5). So a search of
 * all states does not have to know on which path it has come to one.
 */
import type { Machine, State } from "../machine/machine.ts";
import { isPlain } from "../machine/operation.ts";
import type { Operation } from "../machine/operation.ts";

/** Two accesses that race in a state, in words; undefined when there are none. */
export function coEnabledRace(machine: Machine, state: State): string | undefined {
  const { locals } = state;
  for (let i = 0; i < locals.length; i++) {
    const one = locals[i]?.point.next;
    if (one === undefined || !isPlain(one) || locals[i]?.isDead === true) continue;
    for (let j = 0; j < locals.length; j++) {
      const local = locals[j];
      const other = local?.point.next;
      if (i === j || other === undefined || local?.isDead === true || local?.isParked === true)
        continue;
      if (conflict(one, other)) {
        const names = [i, j].map((thread) => machine.threads[thread]?.code.name).join(" and ");
        return `A data race: ${names} access ${machine.memory.nameOf(one.cell)} at once, one of them plainly.`;
      }
    }
  }
  return undefined;
}

/** Whether two accesses of different threads conflict: they are to the same bits, and one of them writes. */
export function conflict(one: Operation, other: Operation): boolean {
  return (
    one.cell === other.cell && (one.mask & other.mask) !== 0 && (isWrite(one) || isWrite(other))
  );
}

/** Whether an operation may change its word. */
export function isWrite({ kind }: Operation): boolean {
  return (
    kind === "write" ||
    kind === "show" ||
    kind === "store" ||
    kind === "add" ||
    kind === "and" ||
    kind === "or" ||
    kind === "exchange" ||
    kind === "compareExchange"
  );
}
