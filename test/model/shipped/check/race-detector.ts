import { DEATH, STEP, threadOf, wayOf } from "../machine/machine.ts";
import type { Machine, State, Transition } from "../machine/machine.ts";
import { isPlain } from "../machine/operation.ts";
import type { Operation } from "../machine/operation.ts";
import type { Local } from "../machine/virtual-thread.ts";
import { conflict, isWrite } from "./co-enabled.ts";

type Clock = number[];

interface Access {
  readonly thread: number;
  readonly operation: Operation;
  /** The time of the thread's own clock at the access. */
  readonly time: number;
}

/**
 * A data race detector by vector clocks, for one run: two accesses to a word that conflict and are not both atomic must
 * be ordered by *happens before*. That order is the order of each thread, and the order from an atomic write to an
 * atomic read that sees it, as in ECMA-262 ("synchronizes-with"). A notify orders nothing here, which is stricter.
 *
 * Source: Flanagan and Freund, "FastTrack", 2009, without its shortcuts, because there are few threads.
 */
export class RaceDetector {
  readonly #machine: Machine;
  readonly #clocks: Clock[];
  /** By cell: what its last atomic write makes visible to a thread that reads it. */
  readonly #released = new Map<number, Clock>();
  /** By cell: the last access of each thread, by kind and part. */
  readonly #accesses = new Map<number, Map<string, Access>>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#clocks = machine.threads.map((_, own) =>
      machine.threads.map((__, other) => (own === other ? 1 : 0)),
    );
  }

  /** Sees the next transition from a state. Returns the race that it makes, undefined when there is none. */
  see(state: State, transition: Transition): string | undefined {
    const thread = threadOf(transition);
    const clock = this.#clocks[thread] as Clock;
    const operation = (state.locals[thread] as Local).point.next as Operation;
    if (wayOf(transition) === DEATH) {
      this.#released.set(this.#machine.cellOfDeath(thread), [...clock]);
      return undefined;
    }
    // A thread that hears of the end of another comes after all that the other has done.
    if (operation.kind === "eventLoop") this.#joinDead(state, clock);
    if (operation.kind === "until") join(clock, this.#released.get(operation.cell) ?? []);
    if (wayOf(transition) !== STEP || !isAccess(operation)) return undefined;
    if (!isPlain(operation)) this.#synchronize(state, operation, clock);
    const race = this.#raceWith(thread, operation, clock);
    this.#remember({ thread, operation, time: clock[thread] as number });
    if (isWrite(operation) && !isPlain(operation)) clock[thread] = (clock[thread] as number) + 1;
    return race;
  }

  #joinDead(state: State, clock: Clock): void {
    for (const thread of this.#machine.threads.keys()) {
      if (!this.#machine.isDead(state, thread)) continue;
      join(clock, this.#released.get(this.#machine.cellOfDeath(thread)) ?? []);
    }
  }

  #synchronize(state: State, operation: Operation, clock: Clock): void {
    const { kind, cell, expected } = operation;
    const released = this.#released.get(cell);
    if (kind !== "store" && kind !== "show" && released !== undefined) join(clock, released);
    if (kind === "show") {
      // A thread that sees a plain write sees nothing else by that.
      this.#released.delete(cell);
      return;
    }
    const value = this.#machine.memory.valueOf(state.memory, cell);
    const isWritten = kind === "compareExchange" ? value === (expected | 0) : isWrite(operation);
    if (isWritten) this.#released.set(cell, [...clock]);
  }

  #raceWith(thread: number, operation: Operation, clock: Clock): string | undefined {
    for (const earlier of this.#accesses.get(operation.cell)?.values() ?? []) {
      const areAtomic = !isPlain(operation) && !isPlain(earlier.operation);
      const isBefore = earlier.time <= (clock[earlier.thread] as number);
      if (earlier.thread === thread || areAtomic || isBefore) continue;
      if (!conflict(operation, earlier.operation)) continue;
      const { threads, memory } = this.#machine;
      const [one, other] = [earlier.thread, thread].map((index) => threads[index]?.code.name);
      return `A data race: nothing orders ${one}'s ${earlier.operation.kind} of ${memory.nameOf(operation.cell)} and ${other}'s ${operation.kind}.`;
    }
    return undefined;
  }

  #remember(access: Access): void {
    const { cell, kind, shift } = access.operation;
    let accesses = this.#accesses.get(cell);
    if (accesses === undefined) this.#accesses.set(cell, (accesses = new Map<string, Access>()));
    accesses.set(`${access.thread} ${kind} ${shift}`, access);
  }
}

function isAccess(operation: Operation): boolean {
  return isWrite(operation) || operation.kind === "load" || operation.kind === "read";
}

function join(clock: Clock, other: Clock): void {
  for (const [thread, time] of other.entries())
    clock[thread] = Math.max(clock[thread] as number, time);
}
