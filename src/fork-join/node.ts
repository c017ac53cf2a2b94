import type { RootUse } from "../../native-queue/index.ts";
import type { TaskContext } from "../protocol/index.ts";
import { RUN_IS_OVER } from "../protocol/index.ts";
import type { Child } from "./child.ts";

/** A run of a tree: the run of a request, or of a child. It may have children. */
export abstract class Node {
  /** Its children that have not begun, oldest first, from `firstWaiting` on. */
  waiting: Child[] = [];
  firstWaiting = 0;
  /** Whether it stands among the parents that have waiting children. */
  isListed = false;
  /** Whether its children stay in this thread, because one of them could not be sent. */
  keepsChildren = false;
  /** Whether its callable has ended. */
  isOver = false;
  /** This node, or its nearest ancestor that can be asked to stop by itself. */
  abstract readonly stopper: Node;
  /** The node above it; undefined for the run of a request. */
  abstract readonly above: Node | undefined;
  /** The run of a request that the tree hangs on. */
  abstract readonly root: Root;
  /** What `taskContext` is in its code. */
  abstract readonly context: TaskContext;

  /** Whether this node itself, and not one above it, is to stop. */
  protected abstract isStopped(): boolean;
  /** Why it is to stop. */
  protected abstract stopReason(): unknown;

  /** Whether this run, or one above it, is to stop. */
  get mustStop(): boolean {
    return this.stopped !== undefined;
  }

  /** The nearest run, from this one upwards, that is to stop or over; undefined when there is none. */
  get stopped(): Node | undefined {
    for (let node: Node | undefined = this.stopper; node !== undefined; node = node.above?.stopper)
      if (node.isOver || node.isStopped()) return node;
    return undefined;
  }

  /** Why this run is to stop. Undefined, which makes it an AbortError, when it is not known. */
  get reason(): unknown {
    const { stopped } = this;
    return stopped === undefined || stopped.isOver ? undefined : stopped.stopReason();
  }

  /** Takes the oldest child that has not begun. */
  takeOldest(): Child | undefined {
    const { waiting } = this;
    while (this.firstWaiting < waiting.length) {
      const child = waiting[this.firstWaiting] as Child;
      waiting[this.firstWaiting] = undefined as unknown as Child;
      this.firstWaiting += 1;
      if (this.firstWaiting === waiting.length) {
        waiting.length = 0;
        this.firstWaiting = 0;
      }
      if (child.isWaiting) return child;
    }
    return undefined;
  }

  /** Puts the child back that was taken last. */
  putBack(child: Child): void {
    if (this.firstWaiting === 0) this.waiting.unshift(child);
    else this.waiting[--this.firstWaiting] = child;
  }

  /** Whether a child may wait that has not begun. */
  get hasWaiting(): boolean {
    return this.waiting.length > 0;
  }
}

/** The run of a request, as the root of its tree. It is known by its `taskContext`. */
export class Root extends Node {
  readonly context: TaskContext;
  /** The task of the request that the tree belongs to; undefined where there is none, and so no other worker to help. */
  readonly use: RootUse | undefined;
  /** Called when a run of this tree is asked to stop by itself. */
  onStop: (() => void) | undefined = undefined;
  readonly stopper: Node = this;
  readonly above = undefined;
  readonly root: Root = this;
  /** How many children it has had, with those of its children in this thread. */
  children = 0;

  constructor(context: TaskContext, use: RootUse | undefined) {
    super();
    this.context = context;
    this.use = use;
  }

  protected isStopped(): boolean {
    return this.context.cancelled();
  }

  protected stopReason(): unknown {
    return this.context.signal.reason;
  }
}

/** Whether a context is that of code whose run has ended. */
export function isOver(context: TaskContext): boolean {
  return context === RUN_IS_OVER;
}
