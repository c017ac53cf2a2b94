/**
 * Requests that are put in one go: one atomic store publishes them, and all other words of theirs are written plainly. A late worker
 * may see those in any order (`showHidden`).
 */
import { Parent } from "../scenes/parent.ts";
import { runWorker } from "../scenes/worker.ts";
import type { Configuration, Part, World } from "../scenes/world.ts";
import {
  STARTS,
  asDaemon,
  cast,
  claimer,
  expectFifo,
  parent,
  put,
  putTogether,
} from "./requests.ts";

const NOTHING = (): void => {};

const puts = (claims: number, start: number): Configuration => ({
  name: `two requests are put together, two workers that claim ${claims === 1 ? "once" : "twice"}, from ${start}`,
  about: "putAll against claim against claim, the queue empty at first",
  start,
  arrange: (world) =>
    cast(
      parent(world, NOTHING, (producer, actor) => putTogether(actor, world, producer, [0, 1])),
      claimer(world, 0, claims),
      claimer(world, 1, claims),
    ),
});

const three: Configuration = {
  name: "three requests are put together, two workers that claim",
  about: "the head comes to the third entry by way of two threads",
  start: -1,
  tasks: 4,
  arrange: (world) =>
    cast(
      parent(world, NOTHING, (producer, actor) => putTogether(actor, world, producer, [2, 0, 1])),
      claimer(world, 0, 2),
      claimer(world, 1, 1),
    ),
};

const behind: Configuration = {
  name: "two requests are put together behind one that waits",
  about: "a claimer comes to the first entry with a head that it has moved itself",
  start: -2,
  tasks: 4,
  arrange: (world) =>
    cast(
      parent(
        world,
        (producer, actor) => put(actor, world, producer, 3),
        (producer, actor) => putTogether(actor, world, producer, [1, 0]),
      ),
      claimer(world, 0, 2),
      claimer(world, 1, 1),
    ),
};

const death: Configuration = {
  name: "a worker dies at any step, and two requests are put together",
  about: "a head that the dead worker has not moved on, from the first entry to a later one",
  start: -1,
  deaths: 1,
  arrange: (world) =>
    cast(
      parent(world, NOTHING, (producer, actor) => putTogether(actor, world, producer, [0, 1])),
      { ...claimer(world, 0, 2), isMortal: true },
      claimer(world, 1, 2),
    ),
};

const cancel = (cancelled: number): Configuration => ({
  name: `of three requests that are put together, number ${cancelled} is cancelled and its task put again`,
  about: "cancel and put of the same task against two claims",
  start: -2,
  tasks: 4,
  arrange: (world) =>
    cast(
      parent(world, NOTHING, (producer, actor) => {
        putTogether(actor, world, producer, [0, 1, 2]);
        const isCancelled = actor.call("cancel", cancelled, () => producer.tryCancel(cancelled));
        if (isCancelled) putTogether(actor, world, producer, [3, cancelled]);
      }),
      claimer(world, 0, 1),
      claimer(world, 1, 1),
    ),
});

/** Turns of two requests each: so the third is at the entries of the first, in a ring of four. */
const TURNS = [
  [0, 1],
  [1, 0],
  [0, 1],
] as const;

const lap: Configuration = {
  name: "a worker stalls while requests that are put together go round the whole ring",
  about: "a claimer with an old head against plain stores of tasks and entries that it looks at",
  start: -3,
  arrange: (world) => {
    const { queue, views } = world;
    const parts: readonly Part[] = [
      parent(
        world,
        (producer, actor) => putTogether(actor, world, producer, TURNS[0]),
        (producer, actor) => {
          for (const [turn, tasks] of TURNS.slice(1).entries()) {
            actor.signal(`done ${turn}`).until();
            for (const task of tasks) producer.release(task);
            putTogether(actor, world, producer, tasks);
            actor.signal(`put ${turn}`).set();
          }
        },
      ),
      {
        name: "worker 0",
        run: (actor) => {
          actor.ready();
          for (const [turn, tasks] of TURNS.entries()) {
            for (const task of tasks)
              if (actor.call("claim", undefined, () => queue.claim(views, 0)) !== task) return;
            actor.signal(`done ${turn}`).set();
            actor.checkpoint("done", turn);
            actor.signal(`put ${turn}`).until();
          }
        },
      },
      claimer(world, 1, 1),
    ];
    // When worker 1 claims a request, the others wait for ever.
    const daemons = parts.map(asDaemon);
    return { parts: daemons, check: expectFifo(...daemons) };
  },
};

const helping: Configuration = {
  name: "the parent passes stale entries to put two requests together while a worker claims",
  about: "a ring full of cancelled entries: hasRoom helps the head on, and plain stores follow",
  start: -5,
  arrange: (world) =>
    cast(
      parent(
        world,
        (producer, actor) => {
          for (let i = 0; i < 2; i++) {
            putTogether(actor, world, producer, [0, 1]);
            for (const task of [0, 1]) actor.call("cancel", task, () => producer.tryCancel(task));
          }
        },
        (producer, actor) => putTogether(actor, world, producer, [1, 0]),
      ),
      claimer(world, 0, 2),
    ),
};

const message: Configuration = {
  name: "a worker does not drop a message for the second of two requests that are put together",
  about: "mayBeClaimedBy against a put whose entries are plain stores",
  start: -1,
  tasks: 4,
  arrange: (world) => {
    const { queue, views } = world;
    const parts: readonly Part[] = [
      parent(
        world,
        (producer, actor) => put(actor, world, producer, 0),
        (producer, actor) => {
          actor.signal("done").until();
          producer.release(0);
          const position = (producer.nextPosition + 1) | 0;
          actor.signal("message").set(position + 100);
          putTogether(actor, world, producer, [1, 0]);
        },
      ),
      {
        name: "worker 0",
        run: (actor) => {
          actor.ready();
          const posted = actor.signal("message").get();
          const position = posted - 100;
          const isKept = posted !== 0 && queue.mayBeClaimedBy(views, 0, position, 0);
          for (let i = 0; i < 2; i++) {
            const task = queue.claim(views, 0);
            if (task === queue.EMPTY || posted === 0) return;
            const isMeant = queue.generationOfTask(views, task) === queue.generationOf(position);
            if (isMeant && !isKept)
              throw new Error("The message of a claimed request was dropped.");
          }
        },
      },
      {
        name: "worker 1",
        run: (actor) => {
          actor.ready();
          if (queue.claim(views, 1) === 0) actor.signal("done").set();
          queue.claim(views, 1);
        },
      },
    ];
    return { parts: parts.map(asDaemon) };
  },
};

/** A parent whose workers run what is put, as in a pool, and do not send results. */
function pool(
  name: string,
  about: string,
  workers: number,
  requests: readonly number[],
  act: (made: Parent) => void,
): Configuration {
  const arrange = (world: World): ReturnType<Configuration["arrange"]> => {
    const rings = Array.from({ length: workers }, () => world.addRing(128));
    const main: Part = {
      name: "parent",
      run: (actor) => {
        const places = rings.map((ring, slot) => ({ slot, thread: slot + 1, ring }));
        const made = new Parent(actor, world, places);
        actor.ready();
        act(made);
      },
    };
    const parts = rings.map((_, slot): Part => ({
      name: `worker ${slot}`,
      isDaemon: true,
      run: (actor) => {
        actor.ready();
        runWorker(actor, world, { slot });
      },
    }));
    return {
      parts: [main, ...parts],
      check: (end) => {
        const run = rings.flatMap((_, slot) => end.notesOf(slot + 1)).map(Number);
        if (String(run.toSorted((a, b) => a - b)) !== String(requests))
          throw new Error(`Every worker sleeps, and not all was run once: run=${String(run)}`);
      },
    };
  };
  return { name, about, tasks: 4, start: -1, arrange };
}

export const TOGETHER: readonly Configuration[] = [
  ...STARTS.map((start) => puts(1, start)),
  puts(2, 0x7fff_ffff),
  three,
  behind,
  death,
  ...[0, 1].map((cancelled) => cancel(cancelled)),
  lap,
  helping,
  message,
  pool(
    "a worker starts while two pairs of requests are put",
    "search and park against two puts of several, with a wake each",
    1,
    [1, 2, 3, 4],
    (made) => {
      made.submitTogether(1, 2);
      made.submitTogether(3, 4);
    },
  ),
  pool(
    "two workers start, two requests are put together",
    "two searches and parks against a put of several",
    2,
    [1, 2],
    (made) => made.submitTogether(1, 2),
  ),
];
