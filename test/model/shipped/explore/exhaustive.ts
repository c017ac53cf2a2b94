/**
 * Every interleaving: a depth-first search of all states that can be reached, each of them expanded once.
 *
 * A state is the content of memory and, for each thread, what its operations have returned so far. What can happen
 * later depends on nothing else. A state that is its own successor is an error. There are two reductions:
 *
 * - *Sleep sets* (Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996,
 *   chapter 5, in the form that stores them with the states): of two orders of operations that commute,
 *   only one is taken. They leave out transitions, never states.
 * - *Eager plain accesses*, where asked for: a thread that is about to access memory plainly does so before
 *   anything else happens. This is sound as long as no two plain accesses race, because then no thread can tell. Races
 *   are found by the search without this reduction.
 */
import { commute, threadOf } from "../machine/machine.ts";
import type { State, Transition } from "../machine/machine.ts";
import { isPlain } from "../machine/operation.ts";
import { coEnabledRace } from "../check/co-enabled.ts";
import type { Play } from "../scenes/world.ts";
import { messageOf } from "../scenes/world.ts";
import { StateNumbers } from "./state-numbers.ts";

/** What an exploration has found. */
export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** States in which nothing can happen any more. */
  readonly endings: number;
  readonly longest: number;
  /** How many different orders of all operations that is; counted without sleep sets only. */
  readonly interleavings: number | undefined;
  /** Whether everything was explored that should have been. */
  readonly isComplete: boolean;
  readonly failure: Failure | undefined;
}

/** Something that is wrong, and how it comes about. */
export interface Failure {
  readonly message: string;
  /** What happens from the start up to the failure. */
  readonly schedule: readonly Transition[];
}

export interface ExhaustiveOptions {
  readonly hasSleepSets?: boolean;
  readonly hasEagerPlain?: boolean;
  readonly mostStates?: number;
}

/** The message when a state is its own successor: every thread must come to an end or to a wait. */
export const GOES_ROUND = "It may go on for ever: a state follows upon itself.";

interface Frame {
  readonly state: State;
  readonly number: number;
  readonly todo: Transition[];
  /** Bits of transitions that need not be taken from here. */
  sleep: number;
}

/** Explores every interleaving. */
export function exploreAll(play: Play, options: ExhaustiveOptions = {}): Exploration {
  const { hasSleepSets = true, hasEagerPlain = false, mostStates = Infinity } = options;
  const { machine } = play;
  const numbers = new StateNumbers();
  /** By the state's number: the sleep set that it was explored with. */
  const explored: number[] = [];
  const onStack = new Set<number>();
  /** By the state's number: how many ways lead on from it to an ending. */
  const waysOn: number[] = [];
  const stack: Frame[] = [];
  const schedule: Transition[] = [];
  let transitions = 0;
  let endings = 0;
  let longest = 0;

  const result = (isComplete: boolean, message?: string): Exploration => ({
    states: explored.length,
    transitions,
    endings,
    longest,
    interleavings: hasSleepSets || !isComplete ? undefined : waysOn[0],
    isComplete,
    failure: message === undefined ? undefined : { message, schedule: [...schedule] },
  });

  /** Comes to a state. Returns what is wrong with it, undefined when nothing is. */
  function enter(state: State, sleep: number): string | undefined {
    const number = numbers.of(state);
    const before = explored[number];
    if (onStack.has(number)) return GOES_ROUND;
    if (before !== undefined) {
      // Transitions that slept when the state was explored, and do not now.
      const missing = before & ~sleep;
      if (missing === 0) return undefined;
      explored[number] = before & sleep;
      stack.push({ state, number, todo: bitsOf(missing), sleep: before & sleep });
      onStack.add(number);
      return undefined;
    }
    explored[number] = sleep;
    const wrong = play.wrongNow(state) ?? coEnabledRace(machine, state);
    if (wrong !== undefined) return wrong;
    const enabled = machine.enabled(state);
    if (machine.isQuiet(state, enabled)) {
      endings += 1;
      waysOn[number] = 1;
      const wrongAtEnd = play.wrongWith(state);
      if (wrongAtEnd !== undefined || enabled.length === 0) return wrongAtEnd;
    }
    const chosen = hasEagerPlain ? onlyPlain(state, enabled) : enabled;
    const todo = chosen.filter((transition) => (sleep & (1 << transition)) === 0);
    stack.push({ state, number, todo, sleep });
    onStack.add(number);
    return undefined;
  }

  /** Everything that can happen from a state has been seen. */
  function leave({ number }: Frame): void {
    stack.pop();
    schedule.pop();
    onStack.delete(number);
    const from = stack.at(-1);
    if (from !== undefined) addWays(from.number, number);
  }

  function addWays(from: number, to: number): void {
    waysOn[from] = (waysOn[from] ?? 0) + (waysOn[to] ?? 0);
  }

  const wrongAtStart = enter(machine.start, 0);
  if (wrongAtStart !== undefined) return result(false, wrongAtStart);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const transition = frame.todo.pop();
    if (transition === undefined) {
      leave(frame);
      continue;
    }
    transitions += 1;
    schedule.push(transition);
    longest = Math.max(longest, schedule.length);
    let then: State;
    let sleep = 0;
    try {
      then = machine.apply(frame.state, transition);
      if (hasSleepSets) sleep = stillAsleep(play, frame, transition, then);
    } catch (error) {
      return result(false, messageOf(error));
    }
    if (hasSleepSets) frame.sleep |= 1 << transition;
    const depth = stack.length;
    const wrong = enter(then, sleep);
    if (wrong !== undefined) return result(false, wrong);
    if (stack.length === depth) {
      schedule.pop();
      addWays(frame.number, numbers.of(then));
    }
    if (explored.length > mostStates) return result(false);
  }
  return result(true);
}

/** The transitions of a frame's sleep set that commute with the one that is taken. */
function stillAsleep(play: Play, frame: Frame, taken: Transition, then: State): number {
  if (frame.sleep === 0) return 0;
  const { machine } = play;
  const cells = machine.footprint(frame.state, taken, then);
  let still = 0;
  for (const other of bitsOf(frame.sleep)) {
    if (threadOf(other) === threadOf(taken)) continue;
    const otherwise = machine.apply(frame.state, other);
    const otherCells = machine.footprint(frame.state, other, otherwise);
    if (commute(cells, otherCells)) still |= 1 << other;
  }
  return still;
}

function bitsOf(set: number): Transition[] {
  const bits: Transition[] = [];
  for (let rest = set; rest !== 0; rest &= rest - 1) bits.push(31 - Math.clz32(rest & -rest));
  return bits;
}

/** The transitions of the first thread that is about to access memory plainly, or all. */
function onlyPlain(state: State, enabled: Transition[]): Transition[] {
  const eager = state.locals.findIndex(
    ({ point, isDead }) => !isDead && point.next !== undefined && isPlain(point.next),
  );
  return eager === -1 ? enabled : enabled.filter((transition) => threadOf(transition) === eager);
}
