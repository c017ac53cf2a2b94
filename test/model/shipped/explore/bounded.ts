/**
 * Every interleaving with few preemptions: a switch away from a thread that could go on is a preemption, any
 * other switch is free. Most errors in concurrent code need very few (Musuvathi and Qadeer, "Iterative
 * Context Bounding for Systematic Testing of Multithreaded Programs", 2007).
 *
 * A state is expanded again only when it is reached with more preemptions left than before.
 */
import { coEnabledRace } from "../check/co-enabled.ts";
import { STEP, threadOf, wayOf } from "../machine/machine.ts";
import type { State, Transition } from "../machine/machine.ts";
import { messageOf } from "../scenes/world.ts";
import type { Play } from "../scenes/world.ts";
import { GOES_ROUND } from "./exhaustive.ts";
import type { Exploration } from "./exhaustive.ts";
import { StateNumbers } from "./state-numbers.ts";

export interface BoundedOptions {
  readonly preemptions: number;
  readonly mostStates?: number;
}

const NO_THREAD = -1;

interface Frame {
  readonly state: State;
  readonly number: number;
  /** The thread that ran last. */
  readonly running: number;
  readonly left: number;
  readonly todo: Transition[];
}

/** Explores every interleaving with so many preemptions. */
export function exploreBounded(play: Play, options: BoundedOptions): Exploration {
  const { preemptions, mostStates = Infinity } = options;
  const { machine } = play;
  const numbers = new StateNumbers();
  const seen = new Set<number>();
  const onStack = new Set<number>();
  /** By state and running thread: the most preemptions that were left there, and one. */
  const mostLeft: number[] = [];
  const stack: Frame[] = [];
  const schedule: Transition[] = [];
  let transitions = 0;
  let endings = 0;
  let longest = 0;

  const result = (isComplete: boolean, message?: string): Exploration => ({
    states: seen.size,
    transitions,
    endings,
    longest,
    interleavings: undefined,
    isComplete,
    failure: message === undefined ? undefined : { message, schedule: [...schedule] },
  });

  function enter(state: State, running: number, left: number): string | undefined {
    const number = numbers.of(state);
    if (onStack.has(number)) return GOES_ROUND;
    const key = numbers.withExtra(number, running + 1);
    if ((mostLeft[key] ?? 0) > left) return undefined;
    mostLeft[key] = left + 1;
    const isNew = !seen.has(number);
    seen.add(number);
    const wrong = isNew ? (play.wrongNow(state) ?? coEnabledRace(machine, state)) : undefined;
    if (wrong !== undefined) return wrong;
    const enabled = machine.enabled(state);
    if (machine.isQuiet(state, enabled)) {
      if (isNew) endings += 1;
      const wrongAtEnd = play.wrongWith(state);
      if (wrongAtEnd !== undefined || enabled.length === 0) return wrongAtEnd;
    }
    const isBound = running !== NO_THREAD && left === 0 && machine.canStep(state, running);
    const todo = isBound ? enabled.filter((next) => isFree(running, next)) : enabled;
    stack.push({ state, number, running, left, todo });
    onStack.add(number);
    return undefined;
  }

  const wrongAtStart = enter(machine.start, NO_THREAD, preemptions);
  if (wrongAtStart !== undefined) return result(false, wrongAtStart);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const transition = frame.todo.pop();
    if (transition === undefined) {
      stack.pop();
      onStack.delete(frame.number);
      schedule.pop();
      continue;
    }
    const { running, state, left } = frame;
    transitions += 1;
    schedule.push(transition);
    longest = Math.max(longest, schedule.length);
    const isPreemption =
      running !== NO_THREAD && !isFree(running, transition) && machine.canStep(state, running);
    let then: State;
    try {
      then = machine.apply(state, transition);
    } catch (error) {
      return result(false, messageOf(error));
    }
    const next = wayOf(transition) === STEP ? threadOf(transition) : running;
    const depth = stack.length;
    const wrong = enter(then, next, isPreemption ? left - 1 : left);
    if (wrong !== undefined) return result(false, wrong);
    if (stack.length === depth) schedule.pop();
    if (mostLeft.length > mostStates) return result(false);
  }
  return result(true);
}

/** Deaths, and limits that run out, are no preemptions. Their number is bounded otherwise. */
function isFree(running: number, transition: Transition): boolean {
  return threadOf(transition) === running || wayOf(transition) !== STEP;
}
