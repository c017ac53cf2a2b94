/**
 * Workers that die at any of their steps, and what the parent does about it. In the end every request is
 * settled once, nothing belongs to the dead, no request has failed whose result was published, no more requests have
 * failed than workers have died, and what is put afterwards is run.
 */
import { Parent } from "../scenes/parent.ts";
import { readRequest, reply, runWorker } from "../scenes/worker.ts";
import type { Actor, Configuration, Ending, Part, World } from "../scenes/world.ts";

const RING_BYTES = 256;

interface Setting {
  readonly workers: number;
  /** Workers that have no thread at first: their slots and the threads that come later. */
  readonly successors?: number;
  /** The slots of the workers that may die at any of their steps. */
  readonly mortal?: readonly number[];
  /** What the parent does before any other thread goes on. */
  readonly prepare?: (parent: Parent) => void;
  readonly act: (parent: Parent, actor: Actor, successors: readonly SharedArrayBuffer[]) => void;
  readonly requests: readonly number[];
  /** Requests that a worker runs before it ends by itself. */
  readonly most?: readonly number[];
  /** By slot: what a worker does instead of running requests. */
  readonly worker?: readonly (Body | undefined)[];
}

/** What a worker does. */
type Body = (actor: Actor, world: World, slot: number, ring: SharedArrayBuffer) => void;

/** Claims what was put before any other thread goes on, and runs it for ever. */
const runsForEver: Body = (actor, { queue, views }, slot) => {
  const gate = new queue.WorkerGate(views, slot);
  queue.announceStart(views, slot);
  gate.claim();
  gate.leave();
  actor.ready();
};

/** Spins at first, and is about to look again. */
const spins: Body = (actor, world, slot, ring) => {
  world.queue.enterSpinSet(world.views, slot);
  actor.ready();
  runWorker(actor, world, { slot, ring });
};

/** Has claimed a request before any other thread goes on, and has to wait for space to send its result. */
const holdsWithFullRing: Body = (actor, world, slot, ring) => {
  const { queue, views } = world;
  const writer = new queue.ResultWriter(ring);
  while (writer.tryReserve(8) !== queue.FULL) writer.publish(0, 0x3f_ffff, 0, 8);
  const gate = new queue.WorkerGate(views, slot);
  queue.announceStart(views, slot);
  const task = gate.claim();
  gate.leave();
  actor.ready();
  reply(actor, world, { slot }, gate, writer, task, readRequest(world, task));
  gate.leave();
};

function pool(setting: Setting): Configuration["arrange"] {
  const { workers, successors = 0, act, prepare = () => {}, most = [] } = setting;
  const { mortal = [], worker = [] } = setting;
  return (world) => {
    const rings = Array.from({ length: workers }, () => world.addRing(RING_BYTES));
    const later = Array.from({ length: successors }, () => world.addRing(RING_BYTES));
    const parent: Part = {
      name: "parent",
      run: (actor) => {
        const places = rings.map((ring, slot) => ({ slot, thread: slot + 1, ring }));
        const made = new Parent(actor, world, places);
        prepare(made);
        actor.ready();
        act(made, actor, later);
        made.hearOfAll();
      },
    };
    const first = rings.map((ring, slot): Part => ({
      name: `worker ${slot}`,
      isDaemon: true,
      isMortal: mortal.includes(slot),
      run: (actor) => {
        const body = worker[slot];
        if (body !== undefined) return body(actor, world, slot, ring);
        runWorker(actor, world, {
          slot,
          ring,
          ...(most[slot] !== undefined && { most: most[slot] }),
        });
      },
    }));
    const second = later.map((ring, i) => ({
      name: `successor ${i}`,
      isDaemon: true,
      run: (actor: Actor) => {
        actor.signal(`start ${i}`).until();
        runWorker(actor, world, { slot: i, ring });
      },
    }));
    return {
      parts: [parent, ...first, ...second],
      check: (end) => checkEnd(world, end, setting),
    };
  };
}

function byNumber(a: number, b: number): number {
  return a - b;
}

interface Note {
  readonly request?: number;
  readonly outcome?: string;
  /** A thread that the parent has buried. */
  readonly buried?: number;
}

interface WorkerNote {
  /** A request whose result the worker has published. */
  readonly published?: number;
}

function checkEnd(
  { queue }: World,
  end: Ending,
  { requests, workers, successors = 0 }: Setting,
): void {
  const notes = end.notesOf(0) as Note[];
  const outcomes = notes.filter(({ request }) => request !== undefined);
  const settled = outcomes.map(({ request }) => request as number).sort(byNumber);
  if (String(settled) !== String(requests))
    throw new Error(`Not every request was settled once: settled=${String(settled)}`);
  const failed = outcomes.filter(({ outcome }) => outcome === "failed");
  const buried = notes.flatMap(({ buried: thread }) => thread ?? []);
  if (failed.length > buried.length)
    throw new Error(`A request failed and no worker has died for it: failed=${failed.length}`);
  for (let thread = 1; thread <= workers; thread++) {
    const ran = end.notesOf(thread);
    const published = new Set((ran as WorkerNote[]).map((note) => note.published));
    const unread = failed.find(({ request }) => published.has(request));
    if (unread !== undefined)
      throw new Error(`A request failed whose result was published: request=${unread.request}`);
    const lost = failed.find(({ request }) => ran.includes(request));
    if (lost !== undefined && !buried.includes(thread))
      throw new Error(`A request failed that a living worker has run: request=${lost.request}`);
    // The slot of a worker with a successor is the successor's.
    if (!buried.includes(thread) || thread <= successors) continue;
    const bits = 0x1_0001 << (thread - 1);
    if ((end.word(queue.SLEEP) & bits) !== 0)
      throw new Error(`A dead worker is still in a sleep set: thread=${thread}`);
  }
}

export const DEATHS: readonly Configuration[] = [
  {
    name: "a worker is killed by a parent that then blocks",
    about:
      "the parent never hears of the end of the thread, and does not need what the worker was about to do",
    arrange: pool({
      workers: 2,
      requests: [1, 2],
      act: (parent) => {
        parent.submit(1);
        parent.kill(0);
        parent.submit(2);
        parent.waitFor(2);
      },
    }),
  },
  {
    name: "a worker is killed while it may have a request",
    about: "the whole burial, then the end of the thread; it may come at every later step",
    arrange: pool({
      workers: 2,
      requests: [1],
      act: (parent) => {
        parent.submit(1);
        parent.kill(0);
        parent.waitInEventLoop(1);
      },
    }),
  },
  {
    name: "a worker is killed while it may have a request, and another is put",
    about: "the same, and the worker that is left is still woken",
    arrange: pool({
      workers: 2,
      requests: [1, 2],
      act: (parent) => {
        parent.submit(1);
        parent.kill(0);
        parent.waitInEventLoop(1);
        parent.hearOfAll();
        parent.submit(2);
        parent.waitFor(2);
      },
    }),
  },
  {
    name: "a worker is killed, then a request put",
    about: "a put that counts on the worker that is killed",
    arrange: pool({
      workers: 2,
      requests: [1],
      act: (parent) => {
        parent.kill(0);
        parent.submit(1);
        parent.waitInEventLoop(1);
      },
    }),
  },
  {
    name: "a worker is dismissed while it may have a request",
    about: "the dismissed worker claims no more, and publishes what it has",
    arrange: pool({
      workers: 2,
      requests: [1],
      act: (parent) => {
        parent.submit(1);
        parent.dismiss(0);
        parent.waitFor(1);
      },
    }),
  },
  {
    name: "a worker is dismissed, then killed by a parent that then blocks",
    about: "a gate that is moved twice, against a worker that publishes and ends by itself",
    arrange: pool({
      workers: 2,
      requests: [1, 2],
      act: (parent) => {
        parent.submit(1);
        parent.dismiss(0);
        parent.kill(0);
        parent.submit(2);
        parent.waitFor(2);
      },
    }),
  },
  {
    name: "a worker dies at any step, unasked, and another goes on",
    about: "the parent hears of it from the system only",
    deaths: 1,
    arrange: pool({
      workers: 2,
      mortal: [0, 1],
      requests: [1],
      act: (parent) => {
        parent.submit(1);
        parent.waitInEventLoop(1);
      },
    }),
  },
  {
    name: "a worker dies at any step, unasked, and another request is put",
    about: "the same, and the worker that is left is still woken",
    deaths: 1,
    arrange: pool({
      workers: 2,
      mortal: [0, 1],
      requests: [1, 2],
      act: (parent) => {
        parent.submit(1);
        parent.waitInEventLoop(1);
        parent.submit(2);
        parent.waitInEventLoop(2);
      },
    }),
  },
  {
    name: "one of two workers dies at any step, unasked, two requests",
    about: "the same with both workers at work",
    deaths: 1,
    arrange: pool({
      workers: 2,
      mortal: [0, 1],
      requests: [1, 2],
      act: (parent) => {
        parent.submit(1, 2);
        parent.waitInEventLoop(2);
      },
    }),
  },
  {
    name: "one of two workers dies at any step, unasked, two requests that are put together",
    about: "the same, and one store has published both",
    deaths: 1,
    arrange: pool({
      workers: 2,
      mortal: [0, 1],
      requests: [1, 2],
      act: (parent) => {
        parent.submitTogether(1, 2);
        parent.waitInEventLoop(2);
      },
    }),
  },
  {
    name: "a worker is killed while it may have one of two requests that are put together",
    about: "the gate against claims of both, and a parent that then blocks",
    arrange: pool({
      workers: 2,
      requests: [1, 2],
      act: (parent) => {
        parent.submitTogether(1, 2);
        parent.kill(0);
        parent.waitFor(2);
      },
    }),
  },
  {
    name: "a worker ends after one request, its successor takes the slot",
    about: "announceEnd against a blocked parent; resetWorker and a late waker",
    arrange: pool({
      workers: 1,
      successors: 1,
      most: [1],
      requests: [1, 2],
      act: (parent, actor, rings) => {
        parent.onBuried = () => {
          parent.start({ slot: 0, thread: 2, ring: rings[0] as SharedArrayBuffer });
          actor.signal("start 0").set();
        };
        parent.submit(1, 2);
        parent.waitFor(2);
      },
    }),
  },
  {
    name: "two workers end after one request each",
    about: "announceEnd against announceEnd and a parent that joins",
    arrange: pool({
      workers: 2,
      most: [1, 1],
      requests: [1, 2],
      act: (parent) => {
        parent.submit(1, 2);
        parent.joinAll();
      },
    }),
  },
  {
    name: "a worker dies at any step, unasked, while it hands the search on, and a peer is busy",
    about: "every live worker is unparked, because the dead one may have taken the idle bit of any",
    deaths: 1,
    tasks: 4,
    arrange: pool({
      workers: 3,
      mortal: [2],
      worker: [runsForEver, undefined, spins],
      requests: [2, 3],
      prepare: (parent) => parent.submit(1),
      act: (parent) => {
        parent.submit(2, 3);
        parent.waitInEventLoop(2);
      },
    }),
  },
  {
    name: "a worker dies at any step, unasked, and what it had is put again",
    about: "a put in the middle of a burial, which may count on the dead worker",
    deaths: 1,
    arrange: pool({
      workers: 2,
      mortal: [0, 1],
      requests: [1],
      act: (parent) => {
        parent.mayRetry = true;
        parent.submit(1);
        parent.waitInEventLoop(1);
      },
    }),
  },
  {
    name: "a worker is killed, and what it had is put again",
    about: "the same after a kill, by a parent that then blocks",
    arrange: pool({
      workers: 2,
      requests: [1],
      act: (parent) => {
        parent.mayRetry = true;
        parent.submit(1);
        parent.kill(0);
        parent.waitFor(1);
      },
    }),
  },
  {
    name: "a worker is killed while it waits for space in its ring",
    about: "the gate against spaceRounds: a killed worker publishes nothing and says no wish",
    arrange: pool({
      workers: 1,
      worker: [holdsWithFullRing],
      requests: [1],
      prepare: (parent) => parent.submit(1),
      act: (parent) => {
        parent.kill(0);
        parent.waitFor(1);
      },
    }),
  },
  {
    name: "a worker is dismissed while it waits for space in its ring",
    about: "the gate against spaceRounds: a dismissed worker publishes what it has",
    arrange: pool({
      workers: 1,
      worker: [holdsWithFullRing],
      requests: [1],
      prepare: (parent) => parent.submit(1),
      act: (parent) => {
        parent.dismiss(0);
        parent.waitFor(1);
      },
    }),
  },
  {
    name: "two of three workers die at any steps, three requests",
    about: "deaths during the recovery from another",
    deaths: 2,
    tasks: 4,
    arrange: pool({
      workers: 3,
      mortal: [0, 1, 2],
      requests: [1, 2, 3],
      act: (parent) => {
        parent.submit(1, 2, 3);
        parent.waitInEventLoop(3);
      },
    }),
  },
];
