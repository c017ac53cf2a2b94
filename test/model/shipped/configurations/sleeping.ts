/** Searching, parking and waking: no request waits while a worker sleeps. */
import { Parent } from "../scenes/parent.ts";
import { readRequest, runWorker } from "../scenes/worker.ts";
import type { WorkerSettings } from "../scenes/worker.ts";
import type { Configuration, Ending, Part, World } from "../scenes/world.ts";

/** A worker that sleeps at first, unless it `isNew`. */
function worker(
  world: World,
  options: WorkerSettings,
  { isNew = false }: { isNew?: boolean } = {},
): Part {
  return {
    name: `worker ${options.slot}`,
    isDaemon: true,
    run: (actor) => {
      if (isNew) actor.ready();
      runWorker(actor, world, options);
    },
  };
}

/** A worker that claims one request and runs it for ever. */
function runnerOfOne(world: World, slot: number, isNew: boolean = false): Part {
  const { queue, views } = world;
  return {
    name: `worker ${slot}`,
    isDaemon: true,
    run: (actor) => {
      if (isNew) actor.ready();
      const gate = new queue.WorkerGate(views, slot);
      queue.announceStart(views, slot);
      for (;;) {
        actor.checkpoint("look", gate);
        const task = gate.claim();
        if (task === queue.EMPTY) {
          const unparked = queue.awaitWork(gate, 0, Infinity);
          if (unparked !== undefined) actor.awaits(unparked);
          continue;
        }
        queue.endSearch(gate);
        if (!gate.leave()) return;
        actor.note(readRequest(world, task));
        return;
      }
    },
  };
}

/** A parent that does not read results. */
function parent(world: World, workers: number, act: (parent: Parent) => void): Part {
  const rings = Array.from({ length: workers }, () => world.addRing(128));
  return {
    name: "parent",
    run: (actor) => {
      const places = rings.map((ring, slot) => ({ slot, thread: slot + 1, ring }));
      const made = new Parent(actor, world, places);
      actor.ready();
      act(made);
    },
  };
}

/** Every request has been run once, and worker 0 has ended if it was dismissed. */
function allRun(
  workers: number,
  requests: readonly number[],
  isDismissed: boolean,
): (end: Ending) => void {
  return (end) => {
    if (isDismissed && !end.hasEnded(1)) throw new Error("A dismissed worker sleeps on.");
    const run = Array.from({ length: workers }, (_, slot) => end.notesOf(slot + 1)).flat();
    if (String(run.sort((a, b) => Number(a) - Number(b))) === String(requests)) return;
    throw new Error(
      `Every worker sleeps or is busy for ever, and not all was run: run=${String(run)}`,
    );
  };
}

function pool(
  name: string,
  about: string,
  requests: readonly number[],
  workers: (world: World) => readonly Part[],
  act?: (parent: Parent) => void,
  isDismissed: boolean = act !== undefined,
): Configuration {
  return {
    name,
    about,
    tasks: 4,
    start: -1,
    arrange: (world) => {
      const parts = workers(world);
      return {
        parts: [parent(world, parts.length, act ?? ((made) => made.submit(...requests))), ...parts],
        check: allRun(parts.length, requests, isDismissed),
      };
    },
  };
}

function each(count: number, make: (slot: number) => Part): readonly Part[] {
  return Array.from({ length: count }, (_, slot) => make(slot));
}

export const SLEEPING: readonly Configuration[] = [
  pool(
    "a worker starts while three requests are put",
    "search and park against put",
    [1, 2, 3],
    (world) => [worker(world, { slot: 0 }, { isNew: true })],
  ),
  pool(
    "the limit of a blocked worker runs out while two requests are put",
    "wait, then waitAsync, against put",
    [1, 2],
    (world) => [worker(world, { slot: 0, blockMs: 2 }, { isNew: true })],
  ),
  pool(
    "a worker that only waits by promise, three requests",
    "waitAsync against put",
    [1, 2, 3],
    (world) => [worker(world, { slot: 0, blockMs: 0 })],
  ),
  pool(
    "two workers sleep, two requests are put that run for ever",
    "the chain wake",
    [1, 2],
    (world) => each(2, (slot) => runnerOfOne(world, slot)),
  ),
  pool(
    "one worker starts, one sleeps, two requests are put that run for ever",
    "handing the search on, out of either set",
    [1, 2],
    (world) => each(2, (slot) => runnerOfOne(world, slot, slot === 0)),
  ),
  pool(
    "two workers start, two requests are put",
    "two searches and parks against put",
    [1, 2],
    (world) => each(2, (slot) => worker(world, { slot }, { isNew: true })),
  ),
  pool(
    "three workers sleep, three requests are put that run for ever",
    "the chain wake, by way of two workers",
    [1, 2, 3],
    (world) => each(3, (slot) => runnerOfOne(world, slot)),
  ),
  pool(
    "a worker starts while three requests are put together",
    "search and park against a put of several, with one wake",
    [1, 2, 3],
    (world) => [worker(world, { slot: 0 }, { isNew: true })],
    (made) => made.submitTogether(1, 2, 3),
    false,
  ),
  pool(
    "three workers sleep, three requests are put together that run for ever",
    "the chain wake after one wake for all",
    [1, 2, 3],
    (world) => each(3, (slot) => runnerOfOne(world, slot)),
    (made) => made.submitTogether(1, 2, 3),
    false,
  ),
  pool(
    "one worker starts, one sleeps, two requests are put together that run for ever",
    "handing the search on, after one wake for all",
    [1, 2],
    (world) => each(2, (slot) => runnerOfOne(world, slot, slot === 0)),
    (made) => made.submitTogether(1, 2),
    false,
  ),
  pool(
    "two workers sleep, two requests are left to one that run for ever, and the search is handed on",
    "the end of keepSearch against leaving the sets",
    [1, 2],
    (world) => each(2, (slot) => runnerOfOne(world, slot)),
    (made) => {
      made.leaveToOne(1, 2);
      made.handSearchOn();
    },
    false,
  ),
  pool(
    "one worker starts, one sleeps, two requests are left to one that run for ever, and the search is handed on",
    "the end of keepSearch against a worker that has seen none spin",
    [1, 2],
    (world) => each(2, (slot) => runnerOfOne(world, slot, slot === 0)),
    (made) => {
      made.leaveToOne(1, 2);
      made.handSearchOn();
    },
    false,
  ),
  pool(
    "a worker is dismissed, then a request put",
    "stop and its handing on, against put",
    [1],
    (world) => each(2, (slot) => worker(world, { slot })),
    (made) => {
      made.dismiss(0);
      made.submit(1);
    },
  ),
  pool(
    "a request is put, then a worker dismissed",
    "the gate against claim; stop and its handing on",
    [1],
    (world) => each(2, (slot) => worker(world, { slot })),
    (made) => {
      made.submit(1);
      made.dismiss(0);
    },
  ),
  pool(
    "a worker is dismissed while it starts",
    "announceStart against dismissAtGate",
    [],
    (world) => [worker(world, { slot: 0 }, { isNew: true })],
    (made) => made.dismiss(0),
  ),
];
