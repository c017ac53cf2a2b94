import { describe, expect, test } from "bun:test";
import { exploreAll } from "../explore/exhaustive.ts";
import { statesAlong } from "../explore/story.ts";
import { STEP } from "../machine/machine.ts";
import type { Transition } from "../machine/machine.ts";
import { QueueCode } from "../machine/load-queue.ts";
import { publish, readAtOnce, readPublished, sample } from "../samples.ts";
import type { Shared } from "../samples.ts";
import type { Actor, Play } from "../scenes/world.ts";
import { RaceDetector } from "./race-detector.ts";

const code = await QueueCode.load();

/** Runs the threads one after the other, each to its end. Returns what the detector says. */
function oneAfterTheOther(play: Play, order: readonly number[]): string | undefined {
  const { machine } = play;
  const races = new RaceDetector(machine);
  let state = machine.start;
  for (const thread of order) {
    while (machine.canStep(state, thread)) {
      const transition: Transition = thread * 4 + STEP;
      const race = races.see(state, transition);
      if (race !== undefined) return race;
      state = machine.apply(state, transition);
    }
  }
  return undefined;
}

/** Whether each of the two detectors finds a race: vector clocks along one run, and the search of all states. */
function racesIn(bodies: Parameters<typeof sample>[1]): boolean[] {
  const order = bodies.map((_, thread) => thread);
  const along = oneAfterTheOther(sample(code, bodies), order);
  const anywhere = exploreAll(sample(code, bodies)).failure?.message;
  return [along, anywhere].map((message) => message?.startsWith("A data race") === true);
}

describe("a data race", () => {
  test("is a plain write and a plain read that nothing orders, also when much happens in between", () => {
    expect(racesIn([publish, readAtOnce])).toEqual([true, true]);
    const play = sample(code, [publish, readAtOnce]);
    expect(oneAfterTheOther(play, [0, 1])).toBe(
      "A data race: nothing orders thread 0's write of task 0.payload[0] and thread 1's read.",
    );
  });

  test("is none where an atomic read has seen an atomic write in between", () => {
    expect(racesIn([publish, readPublished])).toEqual([false, false]);
  });

  test("is an atomic access beside a plain one", () => {
    const load = ({ atomics, words, a }: Shared): void => void atomics.load(words, a);
    expect(racesIn([publish, load])).toEqual([true, true]);
  });

  test("is in two plain writes of parts of a double, and in none of two reads", () => {
    const write = ({ doubles, a }: Shared): void => {
      doubles[a / 2] = 1.1;
    };
    const read = ({ doubles, a }: Shared): void => void doubles[a / 2];
    expect(racesIn([write, write])).toEqual([true, true]);
    expect(racesIn([write, read])).toEqual([true, true]);
    expect(racesIn([read, read])).toEqual([false, false]);
  });

  test("is not hidden by an atomic write that the other thread has not read", () => {
    const readAfterStore = ({ atomics, words, a, b }: Shared): void => {
      atomics.store(words, b, 2);
      void words[a];
    };
    expect(racesIn([publish, readAfterStore])).toEqual([true, true]);
  });

  test("is not hidden by a notify", () => {
    const waker = ({ atomics, words, a, b }: Shared): void => {
      words[a] = 1;
      atomics.notify(words, b);
    };
    const sleeper = ({ atomics, words, a, b }: Shared): void => {
      atomics.wait(words, b, 0);
      void words[a];
    };
    const play = sample(code, [waker, sleeper]);
    const states = statesAlong(play.machine, [4]);
    expect(states.at(-1)?.locals[1]?.isParked).toBe(true);
    const races = new RaceDetector(play.machine);
    const seen = [4, 0, 0, 4].map((transition, i) =>
      races.see(statesAlong(play.machine, [4, 0, 0, 4].slice(0, i)).at(-1) as never, transition),
    );
    expect(seen.at(-1)).toStartWith("A data race");
  });

  test("is none between a thread and one that has heard of its end", () => {
    const dies = ({ words, a }: Shared): void => {
      words[a] = 1;
    };
    const hears = ({ words, a }: Shared, actor: Actor): void => {
      actor.terminate(1);
      actor.untilDead(1);
      words[a] = 2;
    };
    expect(exploreAll(sample(code, [hears, dies])).failure).toBeUndefined();
    const play = sample(code, [hears, dies]);
    const schedule = [4, 0, 6, 0, 0];
    const races = new RaceDetector(play.machine);
    const states = statesAlong(play.machine, schedule);
    const seen = schedule.map((next, i) => races.see(states[i] as never, next));
    expect(seen).toEqual(schedule.map(() => undefined));
  });
});
