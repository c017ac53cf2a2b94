import type { AnyFunction } from "./callables.ts";
import type { GroupRunner } from "./collecting.ts";
import type { ChildCounts } from "./child-counts.ts";
import type { TakenRun } from "./taken-run.ts";
import type { Child, Node } from "./tree.ts";

/** What runs the children of this thread, as their sharing needs it. */
export interface LocalChildren extends GroupRunner {
  readonly counts: ChildCounts;
  /** The run of a child that the calling code belongs to; undefined for other code. */
  readonly current: Node | undefined;
  /** The next child for this thread; undefined when none waits. */
  takeNewest(): Child | undefined;
  /** Puts a child back that came from its parent. */
  requeue(child: Child): void;
  /** Begins a child where the thread waits. */
  begin(child: Child): void;
  /** Whether children wait in this thread, or are about to go on. */
  readonly isBusy: boolean;
  /** Calls a function as the code of a run. */
  callAs<R>(node: Node, call: () => R): R;
  /** Calls a callable and waits for its result on the stack. */
  callToEnd(call: AnyFunction, args: readonly unknown[], name: string): unknown;
  /** The run of a child of another worker is over. */
  endTree(run: TakenRun): void;
}
