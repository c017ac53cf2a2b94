/** The cursor of a task that stands for several items: its worker begins them, and the parent takes the rest away. */
import type { Configuration, Part } from "../scenes/world.ts";

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

export const ITEM_CURSOR: readonly Configuration[] = [takenBack(1), takenBack(2), counted];
