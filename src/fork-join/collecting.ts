import { reasonOf } from "./child-errors.ts";
import type { Group } from "./group.ts";
import type { Child, Node, Root } from "./tree.ts";

/** What runs the items of a collection in this thread. */
export interface GroupRunner {
  list(parent: Node): void;
  unlist(parent: Node): void;
  goOn(): void;
  offerIfWanted(): void;
  callSync(child: Child): void;
  readonly sharing:
    | { reap(): void; helpUntil(isDone: () => boolean, root: Root): void }
    | undefined;
}

/** Runs a collection on the stack. It is settled when this returns. */
export function runBlocking(runner: GroupRunner, group: Group): void {
  const parent = group.above;
  runner.list(group);
  try {
    for (;;) {
      const child = group.takeOldest();
      if (child === undefined) break;
      // Otherwise outcomes that have come would take the room of further offers.
      runner.sharing?.reap();
      runner.offerIfWanted();
      runner.callSync(child);
      // This also looks at its own signal.
      if (group.mustStop && parent.mustStop) group.fail(-1, reasonOf(parent));
    }
    if (!group.isSettled) runner.sharing?.helpUntil(() => group.isSettled, parent.root);
  } finally {
    runner.unlist(group);
    group.isOver = true;
  }
}

/**
 * Runs a collection while the event loop turns.
 *
 * @param makeGroup makes it, with what it calls when an item has its outcome
 * @param onSettled is called once, when it is settled; items that run may go on
 */
export function runInTurns(
  runner: GroupRunner,
  makeGroup: (onChange: () => void) => Group,
  onSettled: (group: Group) => void,
): void {
  let isTold = false;
  const onChange = (): void => {
    if (!group.isSettled) {
      if (!group.hasWaiting) return;
      runner.list(group);
      runner.goOn();
      return;
    }
    if (!isTold) {
      isTold = true;
      onSettled(group);
    }
    if (group.isAtWork || group.isOver) return;
    group.isOver = true;
    group.above.running -= 1;
  };
  const group = makeGroup(onChange);
  group.above.running += 1;
  onChange();
}
