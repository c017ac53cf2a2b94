/** Makes the storm's trees. What each must come to is known before it is put. */
import type { Random } from "./random.ts";
import { MOST_DEPTH, failureOf, leafOf, newRuns, valueOf, wrongRuns } from "./trees.ts";
import type { Tree } from "./trees.ts";
import {
  blockForEndlessChildren,
  childThrowsFromTimer,
  growTree,
  growTreeSync,
  waitForDeafChildren,
  waitForEndlessChildren,
} from "./tree-tasks.ts";

const COUNTED_SHARE = 0.4;
const EXTRAS_SHARE = 0.2;
const FAILING_SHARE = 0.15;
const RETRIES_SHARE = 0.3;

/** Trees that end only if they are stopped. */
export const ENDLESS_TREES: readonly (() => unknown)[] = [
  waitForEndlessChildren,
  waitForDeafChildren,
  blockForEndlessChildren,
];

/** A tree whose child ends its worker by an uncaught error. */
export const UNCAUGHT_TREE: typeof childThrowsFromTimer = childThrowsFromTimer;

/** A tree that is made and not yet put. */
export interface MadeTree {
  readonly task: typeof growTree | typeof growTreeSync;
  readonly tree: Tree;
  /** What it must come to; undefined when it fails. */
  readonly value: number | undefined;
  /** The message that it fails with; undefined when it must not. */
  readonly fails: string | undefined;
}

/** @param dies whether one of its nodes ends its worker */
export function makeTree(random: Random, id: number, dies: boolean): MadeTree {
  const seed = random.between(0, 2 ** 31);
  const depth = random.between(0, MOST_DEPTH);
  const plain: Tree = {
    id,
    seed,
    depth,
    retries: random.chance(RETRIES_SHARE) ? random.between(1, 2) : 0,
    failing: -1,
    catches: random.chance(0.5),
    dying: -1,
    hasExtras: random.chance(EXTRAS_SHARE),
    runs: random.chance(COUNTED_SHARE) ? newRuns() : undefined,
  };
  const leaf = leafOf(plain, random.between(0, 2 ** 20));
  const failing = !dies && random.chance(FAILING_SHARE) ? leaf : -1;
  const tree = { ...plain, failing, dying: dies ? leaf : -1 };
  const value = valueOf(tree);
  return {
    task: random.chance(0.6) ? growTree : growTreeSync,
    tree,
    value,
    fails: value === undefined ? failureOf(tree) : undefined,
  };
}

/** The name of a tree for the dump of a storm that hangs. */
export function describeTree({ task, tree }: MadeTree): string {
  const { seed, depth, retries, failing, dying, hasExtras } = tree;
  return `${task.name} seed=${seed} depth=${depth} retries=${retries} failing=${failing} dying=${dying} extras=${hasExtras}`;
}

/** What a ledger asks about the runs of a tree. */
export function runsCheckOf(
  { tree }: MadeTree,
  requestRetries: number,
): (isWhole: boolean) => string | undefined {
  return (isWhole) => wrongRuns(tree, isWhole, requestRetries);
}
