/** What the storm's workers run to grow trees: each node puts its children in its own way. */
import { pool, taskContext } from "ringpool/worker";
import { EXIT_CODE, awaitStop, loopForEver, loopUntilStopped, throwFromTimer } from "./tasks.ts";
import {
  caughtValue,
  childrenOf,
  failureOf,
  noteBegun,
  noteEnded,
  numberAt,
  ownValue,
  rootOf,
  wayOf,
} from "./trees.ts";
import type { Spot, Tree } from "./trees.ts";

/** One node, as an item of a collection. */
type Node = readonly [tree: Tree, spot: Spot];

/** Grows a tree in the ways that wait in the event loop, and others. */
export async function growTree(tree: Tree): Promise<number> {
  return grow(tree, rootOf(tree));
}

/** Grows a tree in the ways that block. */
export function growTreeSync(tree: Tree): number {
  return growSync([tree, rootOf(tree)]);
}

async function grow(tree: Tree, spot: Spot): Promise<number> {
  begin(tree, spot);
  if (numberAt(tree, spot.node, 4) % 8 === 0)
    await new Promise((resolve) => setTimeout(resolve, 1));
  if (tree.hasExtras) await putExtras(tree, spot);
  const value = await caughtOr(tree, spot, () => sumOfChildren(tree, spot));
  return end(tree, spot, value);
}

/** A child for `run`: a node that other nodes call by this name. */
export async function growChild(tree: Tree, spot: Spot): Promise<number> {
  return grow(tree, spot);
}

export async function growItem([tree, spot]: Node): Promise<number> {
  return grow(tree, spot);
}

export function growSync([tree, spot]: Node): number {
  begin(tree, spot);
  const children = childrenOf(tree, spot).map((child): Node => [tree, child]);
  let sum = 0;
  try {
    if (wayOf(tree, spot) === "runSync")
      for (const child of children) sum += pool.runSync(growSync, [child]);
    else for (const value of pool.mapSync(growSync, children)) sum += value;
  } catch (error) {
    if (!isCaught(tree, spot, error)) throw error;
    return end(tree, spot, caughtValue(tree, spot));
  }
  return end(tree, spot, ownValue(tree, spot) + sum);
}

/** A range of the children of a node. Their sum goes to shared memory, because `parallelFor` has no results. */
export async function growRange(
  from: number,
  to: number,
  tree: Tree,
  spot: Spot,
  sums: Int32Array,
): Promise<void> {
  for (const child of childrenOf(tree, spot).slice(from, to))
    Atomics.add(sums, 0, await grow(tree, child));
}

async function sumOfChildren(tree: Tree, spot: Spot): Promise<number> {
  const children = childrenOf(tree, spot);
  const nodes = children.map((child): Node => [tree, child]);
  switch (wayOf(tree, spot)) {
    case "run": {
      const { retries } = tree;
      return sumOf(
        await Promise.all(children.map((child) => pool.run(growChild, [tree, child], { retries }))),
      );
    }
    case "map":
      return sumOf(await pool.map(growItem, nodes));
    case "mapSync":
      return sumOf(pool.mapSync(growSync, nodes));
    case "runSync":
      return sumOf(nodes.map((node) => pool.runSync(growSync, [node])));
    case "parallelFor": {
      const sums = new Int32Array(new SharedArrayBuffer(4));
      await pool.parallelFor(growRange, children.length, { grain: 1, args: [tree, spot, sums] });
      return Atomics.load(sums, 0);
    }
  }
}

function begin(tree: Tree, spot: Spot): void {
  noteBegun(tree, spot);
  const busyUntil = performance.now() + (numberAt(tree, spot.node, 5) % 200) / 1000;
  while (performance.now() < busyUntil);
  if (spot.node === tree.failing) throw new RangeError(failureOf(tree));
  if (spot.node === tree.dying && taskContext.attempt === 1) process.exit(EXIT_CODE);
}

function end(tree: Tree, spot: Spot, value: number): number {
  noteEnded(tree, spot);
  return value;
}

async function caughtOr(tree: Tree, spot: Spot, grown: () => Promise<number>): Promise<number> {
  try {
    return ownValue(tree, spot) + (await grown());
  } catch (error) {
    if (isCaught(tree, spot, error)) return caughtValue(tree, spot);
    throw error;
  }
}

function isCaught(tree: Tree, spot: Spot, error: unknown): boolean {
  if (!tree.catches || !(error instanceof RangeError) || error.message !== failureOf(tree))
    return false;
  return childrenOf(tree, spot).some(({ node }) => node === tree.failing);
}

/** Children that are stopped in one way or another, and children that are left behind. */
async function putExtras(tree: Tree, spot: Spot): Promise<void> {
  switch (numberAt(tree, spot.node, 6) % 6) {
    case 0:
      return expectReason("RequestTimeout", pool.run(loopUntilStopped, [], { timeoutMs: 1 }));
    case 1:
      return expectReason("RequestTimeout", pool.run(awaitStop, [], { timeoutMs: 1 }));
    case 2: {
      const controller = new AbortController();
      const stopped = pool.run(awaitStop, [], { signal: controller.signal });
      if (numberAt(tree, spot.node, 7) % 2 === 0) setTimeout(() => controller.abort(), 1);
      else controller.abort();
      return expectReason("AbortError", stopped);
    }
    case 3:
      void pool.run(awaitStop);
      return;
    case 4:
      void pool.map(waitsAndThrows, [1, 2]);
      return;
    default:
  }
}

/** Throws as soon as it hears that it is to stop. */
export async function waitsAndThrows(): Promise<void> {
  await awaitStop();
  taskContext.throwIfCancelled();
}

async function expectReason(name: string, stopped: Promise<unknown>): Promise<void> {
  try {
    await stopped;
  } catch (error) {
    // Its worker, or the request, may have ended meanwhile.
    if ((error as Error).name === name || (error as Error).name === "WorkerDied") return;
    taskContext.throwIfCancelled();
    throw error;
  }
  taskContext.throwIfCancelled();
  throw new Error(`A child was not stopped: name=${name}`);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Puts children that end only if their request is stopped, or do not end by themselves. */
export async function waitForEndlessChildren(): Promise<unknown> {
  return Promise.all([pool.run(awaitStop), pool.run(loopUntilStopped), pool.run(awaitStop)]);
}

export async function waitForDeafChildren(): Promise<unknown> {
  return Promise.all([pool.run(loopForEver), pool.run(loopForEver)]);
}

export function blockForEndlessChildren(): unknown {
  return [pool.mapSync(loopUntilStopped, [1, 2, 3])];
}

/** Its child throws from a timer: the worker ends that runs the child. */
export async function childThrowsFromTimer(): Promise<unknown> {
  return Promise.all([pool.run(throwFromTimer), pool.run(throwFromTimer)]);
}
