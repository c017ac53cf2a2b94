/** Children that workers offer to each other: each runs once, its owner gets the outcome, and no death leaves a cell behind. */
import { Parent } from "../scenes/parent.ts";
import { runOwner, runTaker } from "../scenes/children.ts";
import type { OwnerSettings, TakerSettings } from "../scenes/children.ts";
import type { Configuration, Ending, Part, World } from "../scenes/world.ts";

type Actress =
  | { readonly owner: Omit<OwnerSettings, "slot"> }
  | { readonly taker: Omit<TakerSettings, "slot"> };

interface Setting {
  readonly name: string;
  readonly about: string;
  readonly workers: readonly Actress[];
  /** What the parent does. */
  readonly act?: (parent: Parent) => void;
  /** The slots of the workers that may be killed. */
  readonly mayDie?: readonly number[];
}

function scene(setting: Setting): Configuration {
  const { name, about } = setting;
  return { name, about, arrange: (world) => castOf(world, setting) };
}

function castOf(world: World, setting: Setting): ReturnType<Configuration["arrange"]> {
  const rings = setting.workers.map(() => world.addRing(128));
  const parent: Part = {
    name: "parent",
    run: (actor) => {
      const places = rings.map((ring, slot) => ({ slot, thread: slot + 1, ring }));
      const made = new Parent(actor, world, places);
      actor.ready();
      setting.act?.(made);
    },
  };
  const workers = setting.workers.map((actress, slot): Part => ({
    name: "owner" in actress ? `owner ${slot}` : `taker ${slot}`,
    // An owner must end, whatever happens to the others.
    isDaemon: "taker" in actress || setting.mayDie?.includes(slot) === true,
    run: (actor) => {
      actor.ready();
      if ("owner" in actress) runOwner(actor, world, { ...actress.owner, slot });
      else runTaker(actor, world, { ...actress.taker, slot });
    },
  }));
  return { parts: [parent, ...workers], check: (end) => check(end, world, setting) };
}

/** Each child was run once at most; an owner that lives has an outcome of each, and no cell is left in use. */
function check(end: Ending, { queue }: World, { workers, mayDie = [] }: Setting): void {
  const runs: number[] = [];
  const outcomes = new Map<number, number | string>();
  for (let slot = 0; slot < workers.length; slot++) {
    for (const note of end.notesOf(slot + 1)) {
      const { ran, child, outcome } = note as {
        ran?: number;
        child?: number;
        outcome?: number | string;
      };
      if (ran !== undefined) runs.push(ran);
      if (child !== undefined && outcome !== undefined) outcomes.set(child, outcome);
    }
  }
  if (new Set(runs).size !== runs.length)
    throw new Error(`A child was run twice: runs=${runs.join()}`);
  for (const [slot, actress] of workers.entries()) {
    if (!("owner" in actress)) continue;
    if (end.word(queue.usedCellsWord(slot)) !== 0)
      throw new Error(`A cell is left in use: owner=${slot}`);
    if (end.word(queue.offeredCellsWord(slot)) !== 0)
      throw new Error(`A child is left offered: owner=${slot}`);
    for (const child of actress.owner.children)
      checkOutcome(child, outcomes.get(child), runs, mayDie, slot);
  }
}

function checkOutcome(
  child: number,
  outcome: number | string | undefined,
  runs: readonly number[],
  mayDie: readonly number[],
  slot: number,
): void {
  if (outcome === undefined) {
    if (!mayDie.includes(slot)) throw new Error(`A child has no outcome: child=${child}`);
    return;
  }
  if (outcome === "in place" && runs.includes(child))
    throw new Error(`A child was run in place and by another worker: child=${child}`);
  if (outcome === "lost" && mayDie.length === 0)
    throw new Error(`A child is lost, and nobody has died: child=${child}`);
}

export const BOARD: readonly Configuration[] = [
  scene({
    name: "a worker goes to sleep while a child is offered",
    about: "search and park against offer",
    workers: [{ owner: { children: [1] } }, { taker: { most: 1 } }],
  }),
  scene({
    name: "a child is taken back while a worker looks for it",
    about: "take back against take, and the cell is offered again",
    workers: [{ owner: { children: [1, 2], takesBack: true } }, { taker: { most: 2 } }],
  }),
  scene({
    name: "two workers look for one child",
    about: "take against take",
    workers: [{ owner: { children: [1] } }, { taker: { most: 1 } }, { taker: { most: 1 } }],
  }),
  scene({
    name: "a child is sent back in two parts",
    about: "part against look and wait, on both sides",
    workers: [{ owner: { children: [1] } }, { taker: { most: 1, inParts: true } }],
  }),
  scene({
    name: "an owner helps while it waits",
    about: "the set of helpers",
    workers: [{ owner: { children: [1], helps: true } }, { taker: { most: 1 } }],
  }),
  scene({
    name: "a child may be lost with its taker",
    about: "take, finish and park against kill",
    workers: [{ owner: { children: [1], takesBack: true } }, { taker: { most: 1 } }],
    mayDie: [1],
    act: (parent) => parent.kill(1),
  }),
  scene({
    name: "the taker of a child is killed",
    about: "take and finish against kill; the cell is used again",
    workers: [{ owner: { children: [1, 2], takesBack: true } }, { taker: { most: 2 } }],
    mayDie: [1],
    act: (parent) => parent.kill(1),
  }),
  scene({
    name: "the owner of a child is killed",
    about: "offer, take back and free against kill, and the taker frees the cell",
    workers: [{ owner: { children: [1], takesBack: true } }, { taker: { most: 1 } }],
    mayDie: [0],
    act: (parent) => parent.kill(0),
  }),
  scene({
    name: "owner and taker of a child are killed",
    about: "an orphan whose taker dies too",
    workers: [{ owner: { children: [1] } }, { taker: { most: 1 } }],
    mayDie: [0, 1],
    act: (parent) => {
      parent.kill(0);
      parent.kill(1);
    },
  }),
];
