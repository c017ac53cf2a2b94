/**
 * Trees of children: what a storm's callable is to grow from a seed, and what must come of it. Both sides compute it, so each result
 * can be compared, and each run of a node is counted in shared memory.
 */

/** The deepest tree: 40 nodes at most, of which each has up to three children. */
export const MOST_DEPTH = 3;
const MOST_NODES = 40;

/** What a whole collection of children counts for whose failure its parent has caught. */
const CAUGHT = 5000;

/** A tree, as it travels to the worker. */
export interface Tree {
  readonly id: number;
  readonly seed: number;
  readonly depth: number;
  /** How often a child that was put by `run` may run again after a death. */
  readonly retries: number;
  /** The node that fails; -1 when none does. */
  readonly failing: number;
  /** Whether the parent of that node catches its failure. */
  readonly catches: boolean;
  /** The node that ends its worker; -1 when none does. */
  readonly dying: number;
  /** Whether nodes put more than they need: children that are stopped, and children that are left behind. */
  readonly hasExtras: boolean;
  /** By node: how often it has begun, and how often it has ended. Undefined for a tree that nobody counts. */
  readonly runs: Int32Array<SharedArrayBuffer> | undefined;
}

/** A node: its number and how deep the tree under it is. The children of node n are 3n + 1, 3n + 2, 3n + 3. */
export interface Spot {
  readonly node: number;
  readonly depth: number;
}

/** How a node puts its children. */
export type Way = "run" | "map" | "mapSync" | "runSync" | "parallelFor";
const WAYS: readonly Way[] = ["run", "run", "map", "mapSync", "runSync", "parallelFor"];

/** A number from 0 to 2^32 - 1 that depends on a tree and a node alone. */
export function numberAt({ seed }: Pick<Tree, "seed">, node: number, purpose: number): number {
  let mixed = Math.imul(
    seed ^ Math.imul(node + 1, 0x9e3779b1) ^ Math.imul(purpose, 0x85ebca6b),
    0xc2b2ae35,
  );
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x27d4eb2f);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

export function childrenOf(tree: Tree, { node, depth }: Spot): Spot[] {
  if (depth === 0) return [];
  const width = 1 + (numberAt(tree, node, 1) % 3);
  return Array.from({ length: width }, (_, i) => ({ node: 3 * node + 1 + i, depth: depth - 1 }));
}

export function wayOf(tree: Tree, { node }: Spot): Way {
  return WAYS[numberAt(tree, node, 2) % WAYS.length] as Way;
}

/** What a node itself counts for. */
export function ownValue(tree: Tree, { node }: Spot): number {
  return numberAt(tree, node, 3) % 1000;
}

export function rootOf({ depth }: Tree): Spot {
  return { node: 0, depth };
}

/** The message of the node that fails. */
export function failureOf({ id }: Tree): string {
  return `a child of the storm fails: ${id}`;
}

/** What the tree under a node comes to; undefined when it fails. */
function valueAt(tree: Tree, spot: Spot): number | undefined {
  if (spot.node === tree.failing) return undefined;
  let sum = ownValue(tree, spot);
  for (const child of childrenOf(tree, spot)) {
    const value = valueAt(tree, child);
    if (value !== undefined) sum += value;
    else if (tree.catches && child.node === tree.failing) return caughtValue(tree, spot);
    else return undefined;
  }
  return sum;
}

/** What a node comes to whose children have failed, and that has caught it. */
export function caughtValue(tree: Tree, spot: Spot): number {
  return ownValue(tree, spot) + CAUGHT;
}

/** What a tree comes to; undefined when it fails with `failureOf`. */
export function valueOf(tree: Tree): number | undefined {
  return valueAt(tree, rootOf(tree));
}

/** All nodes of a tree. */
export function nodesOf(tree: Tree, from: Spot = rootOf(tree)): number[] {
  return [from.node, ...childrenOf(tree, from).flatMap((child) => nodesOf(tree, child))];
}

/** A leaf of the tree, by a number. */
export function leafOf(tree: Tree, choice: number): number {
  let spot = rootOf(tree);
  for (;;) {
    const children = childrenOf(tree, spot);
    if (children.length === 0) return spot.node;
    spot = children[choice % children.length] as Spot;
  }
}

export function newRuns(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(8 * MOST_NODES));
}

export function noteBegun({ runs }: Tree, { node }: Spot): void {
  if (runs !== undefined) Atomics.add(runs, node, 1);
}

export function noteEnded({ runs }: Tree, { node }: Spot): void {
  if (runs !== undefined) Atomics.add(runs, MOST_NODES + node, 1);
}

/**
 * What is wrong with the runs of a tree's nodes, undefined when nothing is.
 *
 * @param isWhole whether the request has succeeded
 * @param requestRetries how often the request may have run again
 */
export function wrongRuns(
  tree: Tree,
  isWhole: boolean,
  requestRetries: number,
): string | undefined {
  const { runs, depth, retries, failing } = tree;
  if (runs === undefined) return undefined;
  const most = (1 + requestRetries) * (1 + retries) ** (depth + 1);
  for (const node of nodesOf(tree)) {
    const begun = Atomics.load(runs, node);
    const ended = Atomics.load(runs, MOST_NODES + node);
    if (begun > most || ended > begun)
      return `node ${node}: begun=${begun} ended=${ended} most=${most}`;
    // The siblings of the one that fails need not begin.
    if (isWhole && failing === -1 && ended === 0) return `node ${node} has not ended`;
  }
  return undefined;
}
