/** A worker: `RunLoop` of src/worker, one atomic operation a step. */
import type { Broken } from "./broken.ts";
import { together } from "./program.ts";
import type { Steps } from "./program.ts";
import { vanish } from "./death.ts";
import { claimOn, enter, IS_SHUT_OUT, leave, slotOf } from "./gate.ts";
import { claimSteps, FINDS_NOTHING, lookSteps } from "./ready-ring.ts";
import { replySteps, waitSteps } from "./result-ring.ts";
import { DISMISSED, ENDED, FRESH, NO_READING, OPEN, STARTING, item } from "./world.ts";
import type { Worker, World } from "./world.ts";
import {
  bumpEpochSteps,
  inWord,
  sleepWords,
  wakeOneSteps,
  wakeParentForClaimSteps,
  wakeParentSteps,
} from "./waking.ts";

/** The first step of a worker. */
export const WORKER_BEGINS = "announces its start";
/** The step of a worker that sleeps because it found nothing. */
export const WORKER_SLEEPS = "wakes up, with work";
/** The step that ends the callable. It may never come. */
export const RUNS = "runs its callable";

const IS_GONE = "is gone";
const STOPS = "leaves the sets, stopped";

/** The steps of a worker that no other thread notices in this configuration. */
export function privateSteps({ config }: World): string[] {
  // What is not published is read by the worker alone.
  const steps = ["writes the frame", FINDS_NOTHING];
  // Only its worker looks at a gate when no worker can be killed or dismissed. An exit may come between two claims.
  if (config.kills + config.dismissals + config.exits === 0) {
    steps.push("enters its gate", "leaves its gate, to run");
    steps.push("enters its gate, to publish");
    steps.push("enters its gate, to want space", "leaves its gate, to look for space");
    steps.push("leaves its gate, to spin", "spins: looks at its gate", "enters its gate, to park");
    steps.push("leaves its gate, to wait");
  }
  return steps;
}

export function workerSteps(world: World, broken: Broken): Steps<Worker> {
  const wakesForClaims = world.config.qSize > 0;
  const claimed = (me: Worker): string =>
    me.isSearching === 1 ? "leaves the sets" : "leaves its gate, to run";
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
    claimSteps(
      world,
      {
        stopped: STOPS,
        empty: wakesForClaims
          ? "looks whether the parent waits for room, empty-handed"
          : "enters the spin set",
        claimed: (me) => (wakesForClaims ? "looks whether the parent waits for room" : claimed(me)),
      },
      broken,
    ),
    endSearchSteps(world, "leaves its gate, to run"),
    { "leaves its gate, to run": (me) => leave(slotOf(world, me), RUNS) },
    wakeParentForClaimSteps(world, "", claimed),
    // A claim that finds nothing may have passed the entries of cancelled requests.
    wakeParentForClaimSteps(world, ", empty-handed", () => "enters the spin set"),
    replySteps(world, broken, "looks whether the parent is armed"),
    wakeParentSteps(world, (me) => claimOn(slotOf(world, me), "reads head", STOPS)),
    searchSteps(world),
    endSteps(world),
  );
}

function countRun({ requests }: World, request: number, broken: Broken): void {
  const { runs } = item(requests, request);
  if (runs > 0) broken("I1", `request ${request} runs twice`);
  item(requests, request).runs = runs + 1;
}

/** `endSearch`: the last spinner hands the search on. */
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

/** `awaitWork`. A look that finds nothing changes nothing, so the many looks of a spinner are one here. */
function searchSteps(world: World): Steps<Worker> {
  const { queue, slots } = world;
  const goOn = (me: Worker): string => {
    item(slots, me.slot).park = NO_READING;
    return claimOn(slotOf(world, me), "reads head", STOPS);
  };
  return {
    "enters the spin set": (me) => {
      me.isSearching = 1;
      queue.idle &= ~(1 << me.slot);
      queue.spin |= 1 << me.slot;
      return "leaves its gate, to spin";
    },
    "leaves its gate, to spin": (me) => leave(slotOf(world, me), "spins: reads head"),
    ...lookSteps(world, "spins", {
      found: () => "enters its gate",
      nothing: () => "spins: looks at its gate",
    }),
    "spins: looks at its gate": (me) =>
      slotOf(world, me).gate === OPEN ? "enters its gate, to park" : "enters its gate",
    "enters its gate, to park": (me) => enter(slotOf(world, me), "reads its park counter", STOPS),
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
      nothing: () => "leaves its gate, to wait",
    }),
    // A dismissal from now on comes after the park counter was read, and its unpark changes the counter.
    "leaves its gate, to wait": (me) => leave(slotOf(world, me), "waits for work"),
    ...waitSteps(world, "work", "enters its gate"),
  };
}

/** The worker's end: by `stopSearch` after a dismissal, by `announceEnd` at once after process.exit. */
function endSteps(world: World): Steps<Worker> {
  return {
    [STOPS]: (me) => {
      leaveSets(world, me);
      return "looks for what it leaves: reads head";
    },
    ...lookSteps(world, "looks for what it leaves", {
      found: () => "reads the sleep sets, to hand on what it leaves",
      nothing: () => "leaves its gate, at its end",
    }),
    ...wakeOneSteps<Worker>(
      world,
      () => "leaves its gate, at its end",
      ", to hand on what it leaves",
    ),
    "leaves its gate, at its end": (me) => leave(slotOf(world, me), "announces its end"),
    "announces its end": (me) => {
      const slot = slotOf(world, me);
      if (slot.gate !== OPEN && slot.gate !== DISMISSED) return IS_SHUT_OUT;
      slot.gate = ENDED;
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
    [IS_SHUT_OUT]: () => undefined,
  };
}
