/**
 * Random interleavings by priorities (PCT: Burckhardt, Kothari, Musuvathi, Nagarakatti, "A Randomized Scheduler with
 * Probabilistic Guarantees of Finding Bugs", 2010). Each thread has a random priority. Of the threads that can go on,
 * the one with the highest priority does, and at `changes` random steps the one that runs gets the lowest. A run finds
 * a bug that needs n such orderings with a probability of at least 1 / (threads * steps^n).
 *
 * A seed names one run. Vector clocks look for races along the run.
 */
import { RaceDetector } from "../check/race-detector.ts";
import { OTHERWISE, STEP, threadOf, wayOf } from "../machine/machine.ts";
import type { Transition } from "../machine/machine.ts";
import { messageOf } from "../scenes/world.ts";
import type { Play } from "../scenes/world.ts";
import type { Failure } from "./exhaustive.ts";

/** What one run has found. */
export interface RandomRun {
  readonly seed: number;
  readonly steps: number;
  readonly failure: Failure | undefined;
}

/** About once in so many steps, a death or the end of a limit is chosen where one is possible. */
const STEPS_PER_RARE_EVENT = 100;
const MOST_STEPS = 20_000;

/** A generator of numbers from 0 to 1: Marsaglia's xorshift on 32 bits. */
function randomFrom(seed: number): () => number {
  let x = Math.imul(seed + 1, 0x9e37_79b1) | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

/**
 * Makes the run that a seed names.
 *
 * @param changes how often the thread that runs gets the lowest priority
 * @param expectedSteps among how many steps these moments are chosen: about as many as a run takes
 */
export function runRandomly(
  play: Play,
  seed: number,
  changes: number,
  expectedSteps: number,
): RandomRun {
  const { machine } = play;
  const random = randomFrom(seed);
  const priorities = machine.threads.map(() => 1 + random());
  const changesAt = new Set(
    Array.from({ length: changes }, () => Math.floor(random() * expectedSteps)),
  );
  const races = new RaceDetector(machine);
  const schedule: Transition[] = [];
  let state = machine.start;
  const run = (message?: string): RandomRun => ({
    seed,
    steps: schedule.length,
    failure: message === undefined ? undefined : { message, schedule },
  });
  for (let step = 0; ; step++) {
    const enabled = machine.enabled(state);
    if (machine.isQuiet(state, enabled)) return run(play.wrongWith(state));
    if (step === MOST_STEPS) return run(`It does not end: steps=${step}`);
    const isShow = (of: Transition): boolean =>
      state.locals[threadOf(of)]?.point.next?.kind === "show";
    const chosen = choose(enabled, isShow, priorities, random);
    const staysHidden = isShow(chosen) && enabled.includes(chosen + OTHERWISE) && random() < 0.5;
    const next = staysHidden ? chosen + OTHERWISE : chosen;
    if (changesAt.has(step)) priorities[threadOf(next)] = -step;
    schedule.push(next);
    try {
      const then = machine.apply(state, next);
      const wrong = races.see(state, next) ?? play.wrongNow(then);
      if (wrong !== undefined) return run(wrong);
      state = then;
    } catch (error) {
      return run(messageOf(error));
    }
  }
}

function choose(
  enabled: readonly Transition[],
  isShow: (transition: Transition) => boolean,
  priorities: readonly number[],
  random: () => number,
): Transition {
  const rare = enabled.filter(
    (transition) =>
      wayOf(transition) !== STEP && !(wayOf(transition) === OTHERWISE && isShow(transition)),
  );
  const usual = enabled.filter((transition) => wayOf(transition) === STEP);
  const isRareDue = rare.length > 0 && random() * STEPS_PER_RARE_EVENT < 1;
  const candidates = isRareDue || usual.length === 0 ? rare : usual;
  if (candidates === rare) return rare[Math.floor(random() * rare.length)] as Transition;
  return candidates.reduce((best, next) =>
    (priorities[threadOf(next)] as number) > (priorities[threadOf(best)] as number) ? next : best,
  );
}
