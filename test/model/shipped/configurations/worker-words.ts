/** The words in which a worker says how far it has come, what it has heard, and how long it has been busy. */
import type { Configuration, Part } from "../scenes/world.ts";

/** What the clock says whenever the parent reads it. */
const NOW_MS = 1000;

/** What a worker says one after the other, as `BusyTime` does: the moment first, then the sum. */
const BUSY: readonly (readonly [word: "since" | "sum", ms: number])[] = [
  ["since", 100],
  ["since", 0],
  ["sum", 7],
  ["since", 300],
  ["since", 350],
  ["sum", 57],
  ["since", 0],
  ["sum", 80],
];

/** What the parent may read: before and after each store, the sum and what has gone by since the moment. */
function readable(): Set<number> {
  let since = 0;
  let sum = 0;
  const figures = new Set([0]);
  for (const [word, ms] of BUSY) {
    if (word === "since") since = ms;
    else sum = ms;
    figures.add(since === 0 ? sum : sum + NOW_MS - since);
  }
  return figures;
}

const busy: Configuration = {
  name: "the parent reads how long a worker has been busy",
  about: "busyMsAt against noteBusySince and noteBusyMs: no stretch is counted twice",
  arrange: ({ queue, views }) => {
    const figures = readable();
    const parent: Part = {
      name: "parent",
      run: (actor) => {
        actor.ready();
        for (let reading = 0; reading < 2; reading++) {
          const ms = queue.busyMsAt(views, 0, () => NOW_MS);
          if (!figures.has(ms)) throw new Error(`The worker was never busy for so long: ms=${ms}`);
          actor.checkpoint("read", reading);
        }
      },
    };
    const worker: Part = {
      name: "worker 0",
      run: (actor) => {
        actor.ready();
        for (const [word, ms] of BUSY) {
          if (word === "since") queue.noteBusySince(views, 0, ms);
          else queue.noteBusyMs(views, 0, ms);
        }
      },
    };
    return { parts: [parent, worker] };
  },
};

const progress: Configuration = {
  name: "the parent sees that a worker is ready and has heard a request to stop",
  about: "what the worker did before it said so is there",
  arrange: ({ queue, views }) => {
    const { words } = views;
    const ready = views.inline(0) >> 2;
    const stopped = views.inline(1) >> 2;
    const parent: Part = {
      name: "parent",
      run: (actor) => {
        actor.ready();
        actor.signal("stop").set();
        if (queue.phaseOf(views, 0) === 1 && words[ready] !== 1)
          throw new Error("The worker is ready, and what it did before is not there.");
        if (queue.stopsHeard(views, 0) === 1 && words[stopped] !== 1)
          throw new Error(
            "The worker has heard of the stop, and what it did about it is not there.",
          );
      },
    };
    const worker: Part = {
      name: "worker 0",
      run: (actor) => {
        actor.ready();
        words[ready] = 1;
        queue.notePhase(views, 0, 1);
        actor.signal("stop").until();
        words[stopped] = 1;
        queue.noteStopHeard(views, 0);
      },
    };
    return {
      parts: [parent, worker],
      check: (end) => {
        const phase = end.word(queue.readyWord(0));
        const heard = end.word(queue.stopsHeardWord(0));
        if (phase !== 1 || heard !== 1)
          throw new Error(`The worker has said something else: phase=${phase} heard=${heard}`);
      },
    };
  },
};

export const WORKER_WORDS: readonly Configuration[] = [busy, progress];
