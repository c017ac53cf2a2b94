/**
 * What a state of the children's model consists of. Every child has a cell of its own on the board, and the version of the board is kept as
 * what each worker's last reading of it is worth now: see `world.ts` of the whole protocol.
 */
import { Layout, viewer } from "../explorer/fields.ts";
import type { View } from "../explorer/fields.ts";

/** The states of a child. Those of its cell have the names of native-queue/board-cell.ts. */
export const UNBORN = 0;
/** It waits with its parent. */
export const WAITING = 1;
export const OFFERED = 2;
export const TAKEN = 3;
/** It runs in the thread of its parent. */
export const HERE = 4;
export const DONE = 5;
export const LOST = 6;
export const ORPHANED = 7;
/** Its parent has its result. */
export const ENDED = 8;
/** Its parent knows that it is lost, or that it never begins. */
export const FAILED = 9;
/** Its parent's worker is dead, and its cell is free. */
export const GONE = 10;

/** Outcomes of the request. */
export const PENDING = 1;
export const SUCCEEDED = 2;
export const DIED = 3;
export const CANCELLED = 4;

/** The node of the request itself; its children, and theirs, are 1 and more. */
export const ROOT = 0;

const queueBounds = { idle: 7, spin: 7, helping: 7, stop: 1, outcome: 4 };
const childBounds = { state: 10, owner: 3, taker: 3, begun: 3, ended: 3 };
/** `frames`: the nodes on its stack, from 1; `board`: its reading of the version. */
const workerBounds = {
  at: 127,
  life: 3,
  gate: 8,
  park: 2,
  waiter: 2,
  board: 2,
  frame0: 7,
  frame1: 7,
  frame2: 7,
  frame3: 7,
  found: 7,
  target: 3,
  isSearching: 1,
  isBuried: 1,
};
const parentBounds = { at: 31, worker: 3, other: 3, child: 7 };
const leftBounds = { kills: 3, crashes: 3, aborts: 1 };

export type Child = View<typeof childBounds>;
export type ChildWorker = View<typeof workerBounds>;
export type ChildParent = View<typeof parentBounds>;

export interface ChildrenConfiguration {
  readonly name: string;
  readonly workers: number;
  /** By child: the node that puts it, `ROOT` or an earlier child. */
  readonly parents: readonly number[];
  readonly kills: number;
  readonly crashes: number;
  readonly aborts: number;
}

export interface ChildrenWorld {
  readonly config: ChildrenConfiguration;
  readonly bytes: Uint8Array;
  readonly queue: View<typeof queueBounds>;
  /** By node - 1. */
  readonly children: readonly Child[];
  readonly workers: readonly ChildWorker[];
  readonly parent: ChildParent;
  readonly left: View<typeof leftBounds>;
}

export class ChildrenWorldBuilder {
  readonly layout: Layout = new Layout();
  readonly #config: ChildrenConfiguration;
  readonly #first: Record<"queue" | "child" | "worker" | "parent" | "left", number[]>;

  constructor(config: ChildrenConfiguration) {
    const { layout } = this;
    this.#config = config;
    this.#first = {
      queue: layout.add("queue", queueBounds),
      child: layout.add("child", childBounds, config.parents.length),
      worker: layout.add("worker", workerBounds, config.workers),
      parent: layout.add("parent", parentBounds),
      left: layout.add("left", leftBounds),
    };
  }

  build(): ChildrenWorld {
    const bytes = new Uint8Array(this.layout.size);
    const first = this.#first;
    return {
      config: this.#config,
      bytes,
      queue: viewers.queue(bytes, first.queue[0] as number),
      children: first.child.map((at) => viewers.child(bytes, at)),
      workers: first.worker.map((at) => viewers.worker(bytes, at)),
      parent: viewers.parent(bytes, first.parent[0] as number),
      left: viewers.left(bytes, first.left[0] as number),
    };
  }
}

const viewers = {
  queue: viewer(queueBounds),
  child: viewer(childBounds),
  worker: viewer(workerBounds),
  parent: viewer(parentBounds),
  left: viewer(leftBounds),
};

const FRAMES = ["frame0", "frame1", "frame2", "frame3"] as const;

/** The nodes on the stack of a worker, the newest last. */
export function framesOf(me: ChildWorker): number[] {
  return FRAMES.map((frame) => me[frame]).flatMap((node) => (node === 0 ? [] : [node - 1]));
}

export function push(me: ChildWorker, node: number): void {
  me[FRAMES[framesOf(me).length] as (typeof FRAMES)[number]] = node + 1;
}

export function pop(me: ChildWorker): void {
  me[FRAMES[framesOf(me).length - 1] as (typeof FRAMES)[number]] = 0;
}

/** The children of a node. */
export function childrenOf({ config }: ChildrenWorld, node: number): number[] {
  return config.parents.flatMap((parent, child) => (parent === node ? [child + 1] : []));
}

export function childAt({ children }: ChildrenWorld, node: number): Child {
  return children[node - 1] as Child;
}

/** Whether a node is to stop: its request is, or the owner of a child above it is dead. */
export function isStopped(world: ChildrenWorld, node: number): boolean {
  const { queue, config } = world;
  if (queue.stop === 1 || queue.outcome !== PENDING) return true;
  for (let at = node; at !== ROOT; at = config.parents[at - 1] as number)
    if ([ORPHANED, GONE].includes(childAt(world, at).state)) return true;
  return false;
}

/** The lowest worker in a set. */
export function lowest(set: number): number {
  return 31 - Math.clz32(set & -set);
}
