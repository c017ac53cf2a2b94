import { describe, expect, test } from "bun:test";
import { exploreBounded } from "./explore/bounded.ts";
import { exploreAll } from "./explore/exhaustive.ts";
import type { Exploration } from "./explore/exhaustive.ts";
import { runRandomly } from "./explore/random.ts";
import { scheduleFrom, scheduleText, statesAlong, story } from "./explore/story.ts";
import { QueueCode } from "./machine/load-queue.ts";
import { SLEEPING } from "./configurations/sleeping.ts";
import { sample, changeAndNotify, publish, readPublished, waitForChange } from "./samples.ts";
import type { Shared } from "./samples.ts";
import { Play } from "./scenes/world.ts";
import type { Actor, Configuration } from "./scenes/world.ts";

const code = await QueueCode.load();

function add({ atomics, words, a }: Shared, actor: Actor): void {
  actor.note(atomics.add(words, a, 1));
}
function addElsewhere({ atomics, words, b }: Shared): void {
  atomics.add(words, b, 1);
}
/** An increment that is not atomic. */
function increment({ atomics, words, a }: Shared): void {
  atomics.store(words, a, atomics.load(words, a) + 1);
}
function countsOf({ states, transitions, endings }: Exploration): number[] {
  return [states, transitions, endings];
}
const lost = {
  check: (end: { word: (index: number) => number }, { a }: Shared): void => {
    if (end.word(a) !== 2) throw new Error(`An increment was lost: word=${end.word(a)}`);
  },
};
function dismissal(): Configuration {
  return SLEEPING.find(
    ({ name }) => name === "a request is put, then a worker dismissed",
  ) as Configuration;
}

describe("every interleaving", () => {
  test("of two operations on one word: there are two, with a state for each result", () => {
    const play = sample(code, [add, add]);
    expect(countsOf(exploreAll(play))).toEqual([5, 4, 2]);
  });

  test("of operations that commute: there is one, and no state is left out", () => {
    const play = sample(code, [add, addElsewhere]);
    expect(countsOf(exploreAll(play))).toEqual([4, 3, 1]);
    expect(countsOf(exploreAll(play, { hasSleepSets: false }))).toEqual([4, 4, 1]);
  });

  test("is counted: three operations of one thread and two of another have ten orders", () => {
    const times = (count: number) => (shared: Shared, actor: Actor) => {
      for (let i = 0; i < count; i++) add(shared, actor);
    };
    const play = sample(code, [times(3), times(2)]);
    expect(exploreAll(play, { hasSleepSets: false }).interleavings).toBe(10);
    expect(exploreAll(play).interleavings).toBeUndefined();
  });

  test("has the same states and endings with sleep sets and without", () => {
    const full = exploreAll(new Play(code, dismissal()), { hasSleepSets: false });
    const reduced = exploreAll(new Play(code, dismissal()));
    expect([reduced.states, reduced.endings]).toEqual([full.states, full.endings]);
    expect(reduced.transitions).toBeLessThan(full.transitions);
    expect(full.failure).toBeUndefined();
  });

  test("finds the increment that is lost", () => {
    const play = sample(code, [increment, increment], lost);
    const { failure } = exploreAll(play);
    expect(failure?.message).toBe("An increment was lost: word=1");
  });

  test("finds a thread that is never woken, and none where there is a second look", () => {
    const { failure } = exploreAll(sample(code, [waitForChange(false), changeAndNotify]));
    expect(failure?.message).toBe("Stuck: nothing can happen any more, and thread 0 waits.");
    const careful = exploreAll(sample(code, [waitForChange(true), changeAndNotify]));
    expect(careful.failure).toBeUndefined();
    expect(careful.endings).toBeGreaterThan(1);
  });

  test("tells of a loop that makes no progress", () => {
    const spin = ({ atomics, words, a }: Shared, actor: Actor): void => {
      do actor.checkpoint("spin");
      while (atomics.load(words, a) === 0);
    };
    const { failure } = exploreAll(sample(code, [spin, add]));
    expect(failure?.message).toBe("It may go on for ever: a state follows upon itself.");
  });

  test("lets a loop that pauses go on when what it has read changes", () => {
    const spin = ({ atomics, words, a }: Shared): void => {
      while (atomics.load(words, a) === 0) atomics.pause();
    };
    expect(exploreAll(sample(code, [spin, add])).failure).toBeUndefined();
    expect(exploreAll(sample(code, [spin, addElsewhere])).failure?.message).toStartWith("Stuck");
  });

  test("includes a death at each step of a mortal thread, and before its first", () => {
    const seen = new Set<number>();
    const dies = sample(
      code,
      [() => {}, (shared, actor) => [1, 2, 3].forEach(() => add(shared, actor))],
      {
        deaths: 1,
        check: (end, { a }) => seen.add(end.isDead(1) ? end.word(a) : -1),
      },
    );
    expect(exploreAll(dies).failure).toBeUndefined();
    expect(seen).toEqual(new Set([-1, 0, 1, 2]));
  });

  test("tells of a thread that changes what others read after it was terminated", () => {
    const terminate = (_: Shared, actor: Actor): void => actor.terminate(1);
    const { failure } = exploreAll(sample(code, [terminate, add]));
    expect(failure?.message).toBe(
      "A killed worker changes what others read: thread 1 task 0.payload[0]",
    );
    const load = ({ atomics, words, a }: Shared): void => void atomics.load(words, a);
    expect(exploreAll(sample(code, [terminate, load])).failure).toBeUndefined();
  });

  test("stops at the number of states that it is given, and says so", () => {
    const { isComplete, states } = exploreAll(new Play(code, dismissal()), { mostStates: 100 });
    expect(isComplete).toBe(false);
    expect(states).toBe(101);
  });
});

describe("few preemptions", () => {
  test("find an error that needs no more of them", () => {
    const play = (): Play => sample(code, [increment, increment], lost);
    expect(exploreBounded(play(), { preemptions: 0 }).failure).toBeUndefined();
    expect(exploreBounded(play(), { preemptions: 1 }).failure?.message).toStartWith("An increment");
  });

  test("come to every state when there are enough", () => {
    const all = exploreAll(new Play(code, dismissal()));
    const bounded = exploreBounded(new Play(code, dismissal()), { preemptions: 60 });
    expect([bounded.states, bounded.endings]).toEqual([all.states, all.endings]);
    const few = exploreBounded(new Play(code, dismissal()), { preemptions: 1 });
    expect(few.states).toBeLessThan(all.states);
  });
});

describe("random priorities", () => {
  test("find a lost increment within some seeds, and the same one with the same seed", () => {
    const play = sample(code, [increment, increment], lost);
    const found = Array.from({ length: 50 }, (_, seed) => runRandomly(play, seed, 1, 4)).filter(
      ({ failure }) => failure !== undefined,
    );
    expect(found.length).toBeGreaterThan(0);
    const [first] = found;
    expect(runRandomly(play, first?.seed as number, 1, 4)).toEqual(first as never);
  });
});

describe("waiting", () => {
  test("ends with a notify, at once when the word differs, or with its limit, and in no other way", () => {
    const outcomes = new Set<unknown>();
    const wait = ({ atomics, words, a }: Shared, actor: Actor): void =>
      actor.note(atomics.wait(words, a, 0, 10));
    const play = sample(
      code,
      [
        wait,
        (shared) => {
          shared.atomics.store(shared.words, shared.a, 1);
          shared.atomics.notify(shared.words, shared.a);
        },
      ],
      { check: (end) => outcomes.add(end.notesOf(0)[0]) },
    );
    expect(exploreAll(play).failure).toBeUndefined();
    expect(outcomes).toEqual(new Set(["ok", "not-equal", "timed-out"]));
  });

  test("by promise hears of a notify before the await, and of none before the call", () => {
    const wait = ({ atomics, words, a }: Shared, actor: Actor): void => {
      const { async: isAsync, value } = atomics.waitAsync(words, a, 0);
      if (isAsync) actor.awaits(value);
    };
    const notify = ({ atomics, words, a }: Shared): void => void atomics.notify(words, a);
    const addAndNotify = (shared: Shared): void => {
      shared.atomics.add(shared.words, shared.a, 1);
      notify(shared);
    };
    expect(exploreAll(sample(code, [wait, addAndNotify])).failure).toBeUndefined();
    expect(exploreAll(sample(code, [wait, notify])).failure?.message).toStartWith("Stuck");
  });
});

describe("plain writes of loose words", () => {
  const writeBoth = ({ words, loose: [first, second] }: Shared): void => {
    words[first] = 1;
    words[second] = 2;
  };
  /** Everything that threads have noted, over all interleavings. */
  function allNotes(bodies: Parameters<typeof sample>[1]): Set<string> {
    const seen = new Set<string>();
    const play = sample(code, bodies, {
      check: (end) => seen.add(bodies.map((_, thread) => end.notesOf(thread).join()).join(" ")),
    });
    expect(exploreAll(play).failure).toBeUndefined();
    return seen;
  }

  test("are seen in any order", () => {
    const look = ({ atomics, words, loose: [first, second] }: Shared, actor: Actor): void => {
      for (const word of [second, first]) actor.note(atomics.load(words, word));
    };
    expect(allNotes([writeBoth, look])).toEqual(new Set([" 0,0", " 0,1", " 2,0", " 2,1"]));
  });

  test("are all seen by a thread that sees the atomic store after them", () => {
    const store = (shared: Shared): void => {
      writeBoth(shared);
      shared.atomics.store(shared.words, shared.b, 1);
    };
    const look = ({ atomics, words, loose, b }: Shared, actor: Actor): void => {
      if (atomics.load(words, b) === 0) return;
      for (const word of loose) actor.note(atomics.load(words, word));
    };
    expect(allNotes([store, look])).toEqual(new Set([" ", " 1,2"]));
  });

  test("may be seen after the next atomic load of their thread, and an atomic store is not", () => {
    const looksAfter =
      (isAtomic: boolean) =>
      ({ atomics, words, loose: [own], b }: Shared, actor: Actor): void => {
        if (isAtomic) atomics.store(words, own, 1);
        else words[own] = 1;
        actor.note(atomics.load(words, b));
      };
    const other = ({ atomics, words, loose: [theirs], b }: Shared, actor: Actor): void => {
      atomics.store(words, b, 1);
      actor.note(atomics.load(words, theirs));
    };
    expect(allNotes([looksAfter(false), other])).toContain("0 0");
    expect(allNotes([looksAfter(true), other])).not.toContain("0 0");
  });

  test("are seen by their own thread at once, and in their order where they are of one word", () => {
    const writeTwice = ({ atomics, words, loose: [own] }: Shared, actor: Actor): void => {
      words[own] = 1;
      words[own] = 2;
      actor.note(atomics.load(words, own));
    };
    const look = ({ atomics, words, loose: [theirs] }: Shared, actor: Actor): void => {
      for (let i = 0; i < 2; i++) actor.note(atomics.load(words, theirs));
    };
    expect(allNotes([writeTwice, look])).toEqual(
      new Set(["2 0,0", "2 0,1", "2 0,2", "2 1,1", "2 1,2", "2 2,2"]),
    );
  });

  test("race with plain reads, and make nothing else visible", () => {
    const read = ({ words, loose: [first] }: Shared): void => void words[first];
    expect(exploreAll(sample(code, [writeBoth, read])).failure?.message).toStartWith("A data race");
    const publishLoosely = ({ words, loose: [first], a }: Shared): void => {
      words[a] = 42;
      words[first] = 1;
    };
    const readPublishedLoosely = ({ atomics, words, loose: [first], a }: Shared): void => {
      if (atomics.load(words, first) === 1) void words[a];
    };
    const messages = Array.from({ length: 50 }, (_, seed) => {
      const play = sample(code, [publishLoosely, readPublishedLoosely]);
      return runRandomly(play, seed, 1, 4).failure?.message ?? "";
    });
    expect(messages.some((message) => message.startsWith("A data race"))).toBe(true);
  });

  test("are told in a story, hidden or seen", () => {
    const play = sample(code, [writeBoth]);
    const told = story(play, { message: "", schedule: scheduleFrom("0t 2*0") });
    expect(told.split("\n").slice(2, 5)).toEqual([
      "thread 0: its write of task 0.state stays hidden for now",
      "thread 0: show task 1.state 2 (was 0)",
      "thread 0: show task 0.state 1 (was 0)",
    ]);
  });
});

describe("a story", () => {
  const play = sample(code, [increment, increment], lost);
  const failure = exploreAll(play).failure as NonNullable<Exploration["failure"]>;

  test("names every step, and how to replay it", () => {
    expect(story(play, failure).split("\n")).toEqual([
      "An increment was lost: word=1",
      "",
      "thread 1: load task 0.payload[0] (0)",
      "thread 0: load task 0.payload[0] (0)",
      "thread 1: store task 0.payload[0] 1 (was 0)",
      "thread 0: store task 0.payload[0] 1 (was 1)",
      "",
      "thread 0 has ended",
      "thread 1 has ended",
      "",
      'configuration="sample"',
      'schedule="1 0 1 0"',
    ]);
  });

  test("can be replayed from its text", () => {
    expect(scheduleFrom(scheduleText(failure.schedule))).toEqual([...failure.schedule]);
    const last = statesAlong(play.machine, scheduleFrom("1 2*0 1")).at(-1);
    expect(play.wrongWith(last as never)).toBe(failure.message);
    expect(scheduleFrom("3*1 0t 2x")).toEqual([4, 4, 4, 1, 10]);
    expect(() => scheduleFrom("1 y")).toThrow("text=y");
  });
});

test("what is published before it is read is there, in every interleaving", () => {
  expect(exploreAll(sample(code, [publish, readPublished])).failure).toBeUndefined();
});
