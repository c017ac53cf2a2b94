/** The cursor of a task that stands for several items: its worker begins them, and the parent takes the rest away. */
import type { Actor, Configuration, Part, World } from "../scenes/world.ts";

const TASK = 1;
const ITEMS = 4;

/** @param times how often the parent takes the rest away */
const takenBack = (times: number): Configuration => ({
  name: `the parent takes the items away that a worker has not begun, ${times === 1 ? "once" : "twice"}`,
  about: "beginItem against takeRest: each item is begun or taken, and none is both",
  arrange: ({ queue, views }) => {
    const parent: Part = {
      name: "parent",
      run: (actor) => {
        queue.clearItems(views, TASK);
        actor.ready();
        let end = ITEMS;
        for (let time = 0; time < times; time++) {
          const first = queue.takeRest(views, TASK, ITEMS);
          for (let item = first; item < end; item++) actor.note(item);
          end = Math.min(end, first);
          actor.checkpoint("taken", time, end);
        }
      },
    };
    const worker: Part = {
      name: "worker 0",
      run: (actor) => {
        actor.ready();
        for (;;) {
          const item = queue.beginItem(views, TASK);
          if (item >= ITEMS) return;
          actor.note(item);
          actor.checkpoint("begun", item);
        }
      },
    };
    return {
      parts: [parent, worker],
      check: (end) => {
        const items = [...end.notesOf(0), ...end.notesOf(1)].map(String).toSorted();
        if (items.join() !== "0,1,2,3")
          throw new Error(`Not each item is begun or taken once: items=${items.join()}`);
      },
    };
  },
});

const counted: Configuration = {
  name: "the parent reads how many items a worker has begun",
  about:
    "itemsBegun against beginItem: what the worker did before the items that are counted is there",
  arrange: ({ queue, views }) => {
    const { words } = views;
    const done = views.inline(TASK) >> 2;
    const parent: Part = {
      name: "parent",
      run: (actor) => {
        actor.ready();
        for (let reading = 0; reading < 2; reading++) {
          const begun = queue.itemsBegun(views, TASK);
          if (begun > 1 && words[done] !== 1)
            throw new Error("The second item is begun, and what the first one did is not there.");
          if (begun < 0 || begun > 3) throw new Error(`So many were never begun: begun=${begun}`);
          actor.checkpoint("read", reading);
        }
      },
    };
    const worker: Part = {
      name: "worker 0",
      run: (actor) => {
        actor.ready();
        queue.beginItem(views, TASK);
        words[done] = 1;
        queue.beginItem(views, TASK);
        queue.beginItem(views, TASK);
      },
    };
    return { parts: [parent, worker] };
  },
};

/** The calls of a worker that begins several items at once, one call after the other. Each is of so many items. */
type Calls = readonly number[];

/** Runs the calls of a worker until no item is left, the last size again and again. */
function runCalls(actor: Actor, { queue, views }: World, calls: Calls, items: number): void {
  actor.ready();
  for (let call = 0; ; call++) {
    const size = calls[Math.min(call, calls.length - 1)] as number;
    const first = queue.beginItems(views, TASK, size);
    if (first >= items) return;
    for (let item = first; item < Math.min(first + size, items); item++) {
      actor.note(item);
      actor.checkpoint("ran", call, size, first, item);
    }
  }
}

/** Takes the rest away, and notes its items. Returns the end of what is the worker's. */
function takeNoted(actor: Actor, { queue, views }: World, items: number, end: number): number {
  const first = queue.takeRest(views, TASK, items);
  if (first > items) throw new Error(`An item behind the last one was taken: first=${first}`);
  for (let item = first; item < end; item++) actor.note(item);
  return Math.min(end, first);
}

/** Throws unless each item was noted once. */
function checkEach(notes: readonly unknown[], items: number): void {
  const noted = notes.map(Number).toSorted((a, b) => a - b);
  if (noted.join() !== Array.from({ length: items }, (_, item) => item).join())
    throw new Error(`Not each item is begun or taken once: items=${noted.join()}`);
}

/** Throws when an item was noted twice, or more were not noted than a call has. */
function checkLost(notes: readonly unknown[], items: number, mostLost: number): void {
  const noted = new Set(notes);
  if (noted.size < notes.length) throw new Error(`An item was begun twice: items=${notes.join()}`);
  if (items - noted.size > mostLost)
    throw new Error(`Items were lost that were not begun: items=${notes.join()}`);
}

/** @param times how often the parent takes the rest away */
const takenInCalls = (calls: Calls, items: number, times: number): Configuration => ({
  name: `the parent takes the rest of ${items} items away from a worker that begins ${calls.join(" and then ")} at once, ${times === 1 ? "once" : "twice"}`,
  about: "beginItems against takeRest: the items of a call are begun together, or taken together",
  arrange: (world) => {
    const parent: Part = {
      name: "parent",
      run: (actor) => {
        world.queue.clearItems(world.views, TASK);
        actor.ready();
        let end = items;
        for (let time = 0; time < times; time++) {
          end = takeNoted(actor, world, items, end);
          actor.checkpoint("taken", time, end);
        }
      },
    };
    const worker: Part = {
      name: "worker 0",
      run: (actor) => runCalls(actor, world, calls, items),
    };
    return {
      parts: [parent, worker],
      check: (end) => checkEach([...end.notesOf(0), ...end.notesOf(1)], items),
    };
  },
});

/**
 * The worker dies, and another one gets what it had not begun. Items of the call that it was in may be lost, and no other.
 *
 * @param way `died`: the system ends the worker at any of its steps, and the parent hears of the end before it settles what it had. `killed`: it settles at once what the worker had, while the
 *   thread goes on until the system has ended it
 */
const lostInCalls = (way: "died" | "killed", calls: Calls, items: number): Configuration => ({
  name: `a worker that begins ${calls.join(" and then ")} of ${items} items at once ${way === "died" ? "dies at any step" : "is killed"}, and the rest goes to another`,
  about: "beginItems against takeRest: no item is run twice, and only items of one call are lost",
  arrange: (world) => {
    const parent: Part = {
      name: "parent",
      run: (actor) => {
        world.queue.clearItems(world.views, TASK);
        actor.ready();
        actor.terminate(1);
        if (way === "died") actor.untilDead(1);
        takeNoted(actor, world, items, items);
      },
    };
    const worker: Part = {
      name: "worker 0",
      run: (actor) => runCalls(actor, world, calls, items),
    };
    return {
      parts: [parent, worker],
      check: (end) => checkLost([...end.notesOf(0), ...end.notesOf(1)], items, Math.max(...calls)),
    };
  },
});

export const ITEM_CURSOR: readonly Configuration[] = [
  takenBack(1),
  takenBack(2),
  counted,
  takenInCalls([2], 9, 1),
  takenInCalls([2], 8, 2),
  takenInCalls([3, 2], 11, 1),
  takenInCalls([2, 3], 11, 2),
  lostInCalls("died", [2, 3], 6),
  lostInCalls("killed", [2, 3], 6),
  lostInCalls("killed", [3], 7),
];
