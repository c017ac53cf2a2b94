/** Requests for one given worker: it runs each of them once, no other worker does, and it does not sleep meanwhile. */
import { Parent } from "../scenes/parent.ts";
import { runWorker } from "../scenes/worker.ts";
import type { WorkerSettings } from "../scenes/worker.ts";
import type { Configuration, Ending, Part, World } from "../scenes/world.ts";

interface Setting {
  readonly name: string;
  readonly about: string;
  readonly workers: readonly Omit<WorkerSettings, "slot" | "ring">[];
  /** What the parent does before any other thread goes on. */
  readonly prepare?: (parent: Parent) => void;
  readonly act: (parent: Parent) => void;
  /** By request that is offered: the slot of its worker. */
  readonly offered: ReadonlyMap<number, number>;
  /** The requests that may have been cancelled instead of run. */
  readonly mayBeCancelled?: readonly number[];
  readonly requests: readonly number[];
}

function scene(setting: Setting): Configuration {
  const { name, about } = setting;
  return { name, about, tasks: 4, start: -1, arrange: (world) => castOf(world, setting) };
}

function castOf(world: World, setting: Setting): ReturnType<Configuration["arrange"]> {
  const rings = setting.workers.map(() => world.addRing(128));
  let made: Parent | undefined;
  const parent: Part = {
    name: "parent",
    run: (actor) => {
      const places = rings.map((ring, slot) => ({ slot, thread: slot + 1, ring }));
      made = new Parent(actor, world, places);
      setting.prepare?.(made);
      actor.ready();
      setting.act(made);
    },
  };
  const workers = setting.workers.map((options, slot): Part => ({
    name: `worker ${slot}`,
    isDaemon: true,
    run: (actor) => {
      actor.ready();
      runWorker(actor, world, { ...options, slot, ring: rings[slot] as SharedArrayBuffer });
    },
  }));
  return { parts: [parent, ...workers], check: (end) => checkRuns(end, setting) };
}

/** Every request was run once, or cancelled where that may be; an offered one by its worker alone. */
function checkRuns(
  end: Ending,
  { workers, offered, requests, mayBeCancelled = [] }: Setting,
): void {
  const runs = new Map<number, number>();
  for (let slot = 0; slot < workers.length; slot++) {
    for (const note of end.notesOf(slot + 1)) {
      if (typeof note !== "number") continue;
      if (runs.has(note)) throw new Error(`A request was run twice: request=${note}`);
      runs.set(note, slot);
      if ((offered.get(note) ?? slot) !== slot)
        throw new Error(`A worker has run what was offered to another one: request=${note}`);
    }
  }
  const cancelled = new Set(cancelledIn(end));
  for (const request of requests) {
    if (runs.has(request) && cancelled.has(request))
      throw new Error(`A request was cancelled and run: request=${request}`);
    if (runs.has(request)) continue;
    if (!mayBeCancelled.includes(request) || !cancelled.has(request))
      throw new Error(`A request is left, and its worker sleeps on or is gone: request=${request}`);
  }
}

function cancelledIn(end: Ending): number[] {
  return end.notesOf(0).flatMap((note) => {
    const { request, outcome } = note as { request?: number; outcome?: string };
    return outcome === "cancelled" && request !== undefined ? [request] : [];
  });
}

export const OFFERS: readonly Configuration[] = [
  scene({
    name: "a worker starts while a request is offered to it",
    about: "search and park against offer",
    workers: [{}],
    offered: new Map([[1, 0]]),
    requests: [1],
    act: (parent) => parent.offer(1, 0),
  }),
  scene({
    name: "the limit of a blocked worker runs out while a request is offered to it",
    about: "wait, then waitAsync, against offer",
    workers: [{ blockMs: 2 }],
    offered: new Map([[1, 0]]),
    requests: [1],
    act: (parent) => parent.offer(1, 0),
  }),
  scene({
    name: "two requests are offered to a worker, and one is put",
    about:
      "the count of offers against the look at the tasks, and entries that are stale from the start",
    workers: [{}],
    offered: new Map([
      [1, 0],
      [3, 0],
    ]),
    requests: [1, 2, 3],
    act: (parent) => {
      parent.offer(1, 0);
      parent.submit(2);
      parent.offer(3, 0);
    },
  }),
  scene({
    name: "a request is offered to one of two workers",
    about: "the other one passes its entry",
    workers: [{}, {}],
    offered: new Map([[1, 1]]),
    requests: [1],
    act: (parent) => parent.offer(1, 1),
  }),
  scene({
    name: "a request is offered to each of two workers",
    about: "each takes its own",
    workers: [{}, {}],
    offered: new Map([
      [1, 1],
      [2, 0],
    ]),
    requests: [1, 2],
    prepare: (parent) => {
      parent.offer(1, 1);
      parent.offer(2, 0);
    },
    act: () => {},
  }),
  scene({
    name: "a request that is offered is cancelled",
    about: "cancel against the claim of its worker, and the task is offered again",
    workers: [{}],
    offered: new Map([
      [1, 0],
      [2, 0],
    ]),
    requests: [1, 2],
    mayBeCancelled: [1],
    act: (parent) => {
      parent.offer(1, 0);
      parent.cancel(1);
      parent.offer(2, 0);
    },
  }),
  scene({
    name: "a request that is offered is cancelled, and its task put together with another",
    about:
      "the look at the tasks and the claim of an offer against plain stores of the task's state",
    workers: [{}],
    offered: new Map([[1, 0]]),
    requests: [1, 2, 3],
    mayBeCancelled: [1],
    act: (parent) => {
      parent.offer(1, 0);
      parent.cancel(1);
      parent.submitTogether(2, 3);
    },
  }),
  scene({
    name: "a worker is dismissed while a request is offered to it",
    about: "the gate against the claim of an offer",
    workers: [{}],
    offered: new Map([[1, 0]]),
    requests: [1],
    mayBeCancelled: [1],
    act: (parent) => {
      parent.offer(1, 0);
      parent.dismiss(0);
    },
  }),
];
