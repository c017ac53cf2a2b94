/** A worker: `RunLoop` of src/run-loop.ts, one atomic operation a step. */
import type { Broken } from "./broken.ts";
import { together } from "./program.ts";
import type { Steps } from "./program.ts";
import { vanish } from "./death.ts";
import { claimSteps, lookSteps } from "./ready-ring.ts";
import { replySteps, waitSteps } from "./result-ring.ts";
import { ENDED, FRESH, NO_READING, OPEN, STARTING, item } from "./world.ts";
import type { Worker, World } from "./world.ts";
import {
  bumpEpochSteps,
  inWord,
  sleepWords,
  wakeOneSteps,
  wakeParentForClaimSteps,
  wakeParentSteps,
} from "./waking.ts";

/** Where a worker begins. */
export const WORKER_BEGINS = "announces its start";
/** Where a worker that found nothing sleeps. */
export const WORKER_SLEEPS = "wakes up, with work";
/** The end of the callable, which may never come. */
export const RUNS = "runs its callable";

const IS_GONE = "is gone";

/** Steps of a worker that nobody notices in this configuration. */
export function privateSteps({ config }: World): string[] {
  // What is not published is the worker's own.
  const steps = ["writes the frame"];
  // A gate is looked at by its worker alone until somebody may shut it; an exit may come between two claims.
  if (config.kills + config.dismissals + config.exits === 0) {
    steps.push("enters its gate", "leaves its gate", "spins: looks at its gate");
    steps.push("second look: looks at its gate");
  }
  return steps;
}

export function workerSteps(world: World, broken: Broken): Steps<Worker> {
  const wakesForClaims = world.config.qSize > 0;
  const run = wakesForClaims ? "looks whether the parent waits for room" : RUNS;
  return together<Worker>(
    {
      [WORKER_BEGINS]: (me) => {
        const slot = item(world.slots, me.slot);
        if (slot.gate === STARTING) slot.gate = OPEN;
        return "enters its gate";
      },
      [RUNS]: (me) => {
        me.value = item(world.tasks, me.task).payload;
        if (me.value === 0) broken("I4", "a worker reads a payload that was taken back");
        else countRun(world, me.value - 1, broken);
        return "looks for space";
      },
    },
    claimSteps(world, {
      stopped: "leaves the sets, stopped",
      empty: wakesForClaims
        ? "looks whether the parent waits for room, empty-handed"
        : "enters the spin set",
      claimed: (me) => (me.isSearching === 1 ? "leaves the sets" : run),
    }),
    endSearchSteps(world, run),
    wakeParentForClaimSteps(world, "", () => RUNS),
    // A claim that finds nothing may have passed the entries of cancelled requests.
    wakeParentForClaimSteps(world, ", empty-handed", () => "enters the spin set"),
    replySteps(world, broken, "looks whether the parent is armed"),
    wakeParentSteps(world, () => "enters its gate"),
    searchSteps(world),
    endSteps(world),
  );
}

function countRun({ requests }: World, request: number, broken: Broken): void {
  const { runs } = item(requests, request);
  if (runs > 0) broken("I1", `request ${request} runs twice`);
  item(requests, request).runs = runs + 1;
}

/** `#endSearch`: the last spinner hands the search on. */
function endSearchSteps(world: World, run: string): Steps<Worker> {
  return {
    "leaves the sets": (me) => {
      me.isSearching = 0;
      return leaveSets(world, me) ? "looks for spinners" : run;
    },
    "looks for spinners": (me) => {
      const isSpinning = inWord(world, world.queue.spin, me.word) !== 0;
      if (!isSpinning && me.word + 1 < sleepWords(world)) {
        me.word += 1;
        return "looks for spinners";
      }
      me.word = 0;
      return isSpinning ? run : "looks for more: reads head";
    },
    ...lookSteps(world, "looks for more", {
      found: () => "reads the sleep sets, to hand the search on",
      nothing: () => run,
    }),
    ...wakeOneSteps<Worker>(world, () => run, ", to hand the search on"),
  };
}

/** Clears both bits in one step. Returns whether one was set. */
export function leaveSets({ queue }: World, { slot }: { slot: number }): boolean {
  const own = 1 << slot;
  const wasIn = ((queue.idle | queue.spin) & own) !== 0;
  queue.idle &= ~own;
  queue.spin &= ~own;
  return wasIn;
}

/** `awaitWork`. A look that finds nothing changes nothing, so a spinner's many looks are one here. */
function searchSteps(world: World): Steps<Worker> {
  const { queue, slots } = world;
  const goOn = (me: Worker): string => {
    item(slots, me.slot).park = NO_READING;
    return "enters its gate";
  };
  const looksAtGate = (me: Worker): boolean => item(slots, me.slot).gate === OPEN;
  return {
    "enters the spin set": (me) => {
      me.isSearching = 1;
      queue.idle &= ~(1 << me.slot);
      queue.spin |= 1 << me.slot;
      return "spins: reads head";
    },
    ...lookSteps(world, "spins", {
      found: () => "enters its gate",
      nothing: () => "spins: looks at its gate",
    }),
    "spins: looks at its gate": (me) =>
      looksAtGate(me) ? "reads its park counter" : "enters its gate",
    "reads its park counter": (me) => {
      item(slots, me.slot).park = FRESH;
      return "enters the idle set";
    },
    "enters the idle set": (me) => {
      queue.spin &= ~(1 << me.slot);
      queue.idle |= 1 << me.slot;
      return "second look: reads head";
    },
    ...lookSteps(world, "second look", {
      found: goOn,
      nothing: () => "second look: looks at its gate",
    }),
    "second look: looks at its gate": (me) => (looksAtGate(me) ? "waits for work" : goOn(me)),
    ...waitSteps(world, "work", "enters its gate"),
  };
}

/** The worker's end: after a dismissal by way of `#stop`, after process.exit at once with `announceEnd`. */
function endSteps(world: World): Steps<Worker> {
  return {
    "leaves the sets, stopped": (me) => {
      leaveSets(world, me);
      return "looks for what it leaves: reads head";
    },
    ...lookSteps(world, "looks for what it leaves", {
      found: () => "reads the sleep sets, to hand on what it leaves",
      nothing: () => "announces its end",
    }),
    ...wakeOneSteps<Worker>(world, () => "announces its end", ", to hand on what it leaves"),
    "announces its end": (me) => {
      item(world.slots, me.slot).gate = ENDED;
      return "counts its end";
    },
    "counts its end": () => {
      world.queue.ends = (world.queue.ends + 1) % 4;
      return "adds to the epoch, at its end";
    },
    ...bumpEpochSteps<Worker>(
      world,
      (me) => {
        vanish(world, me);
        return IS_GONE;
      },
      ", at its end",
    ),
    [IS_GONE]: () => undefined,
  };
}
