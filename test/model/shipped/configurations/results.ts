/** Completing, the parent's sleep, and full rings: no result waits while the parent sleeps. */
import { Parent } from "../scenes/parent.ts";
import { LONG, readRequest, reply, runWorker } from "../scenes/worker.ts";
import type { Actor, Configuration, Part, World } from "../scenes/world.ts";

const RING_BYTES = 256;

interface PoolOptions {
  readonly workers: number;
  readonly requests: readonly number[];
  /** What the parent does. In the end it waits until all requests are settled. */
  readonly act: (parent: Parent, actor: Actor) => void;
  readonly worker: (world: World, slot: number, ring: SharedArrayBuffer) => Part["run"];
  readonly ringBytes?: number;
  readonly ringStart?: number;
  /** Whether the requests are put before any other thread goes on. */
  readonly arePut?: boolean;
}

function pool(options: PoolOptions): Configuration["arrange"] {
  const { workers, requests, act, worker, arePut = false } = options;
  const { ringBytes = RING_BYTES, ringStart = 0 } = options;
  return (world) => {
    const rings = Array.from({ length: workers }, () => world.addRing(ringBytes, ringStart));
    const parent: Part = {
      name: "parent",
      run: (actor) => {
        const places = rings.map((ring, slot) => ({ slot, thread: slot + 1, ring }));
        const made = new Parent(actor, world, places);
        if (arePut) made.submit(...requests);
        actor.ready();
        if (!arePut) made.submit(...requests);
        act(made, actor);
      },
    };
    const parts = rings.map((ring, slot) => ({
      name: `worker ${slot}`,
      isDaemon: true,
      run: worker(world, slot, ring),
    }));
    return { parts: [parent, ...parts] };
  };
}

/** A worker that has claimed a request already. It replies, and does nothing more. */
const holder: PoolOptions["worker"] = (world, slot, ring) => (actor) => {
  const { queue, views } = world;
  const writer = new queue.ResultWriter(ring);
  const gate = new queue.WorkerGate(views, slot);
  queue.announceStart(views, slot);
  const task = gate.claim();
  gate.leave();
  actor.ready();
  reply(actor, world, { slot }, gate, writer, task, readRequest(world, task));
};

/** A worker that sleeps at first, and runs every request. */
const sleeper: PoolOptions["worker"] = (world, slot, ring) => (actor) =>
  runWorker(actor, world, { slot, ring });

/** A worker whose ring has space for one more frame: four frames without meaning are in it. */
const crowded: PoolOptions["worker"] = (world, slot, ring) => (actor) => {
  const writer = new world.queue.ResultWriter(ring);
  for (let i = 0; i < 4; i++) {
    writer.tryReserve(8);
    writer.publish(0, 0x3f_ffff, 0, 8);
  }
  actor.ready();
  runWorker(actor, world, { slot, ring });
};

/** A worker whose ring of 128 bytes has a frame of 56 bytes without meaning. */
const half: PoolOptions["worker"] = (world, slot, ring) => (actor) => {
  const writer = new world.queue.ResultWriter(ring);
  writer.tryReserve(40);
  writer.publish(0, 0x3f_ffff, 0, 40);
  actor.ready();
  runWorker(actor, world, { slot, ring });
};

/**
 * The frame of the first result ends at byte 80 of 128, so the 64 bytes of the second need 48 of padding before them:
 * more space than one of the two frames before it gives back.
 */
const longResult: Configuration = {
  name: "a full ring that its reader empties in two steps, of which one is not enough",
  about: "a worker that was unparked too early says again that it wants space",
  arrange: pool({
    workers: 1,
    requests: [1, LONG],
    arePut: true,
    ringBytes: 128,
    worker: half,
    act: (parent) => parent.waitFor(2),
  }),
};

const fullRing = (ringStart: number): Configuration => ({
  name: `a full ring against its reader, from ${ringStart}`,
  about: "wantSpace and commit; a frame that would wrap",
  arrange: pool({
    workers: 1,
    requests: [1, 2],
    arePut: true,
    ringBytes: 128,
    ringStart,
    worker: crowded,
    act: (parent) => parent.waitFor(2),
  }),
});

/** `Admission`: two requests wait. A third is put when both were claimed, or their entries passed. */
const room = (name: string, about: string, act: (parent: Parent) => void): Configuration => ({
  name,
  about,
  arrange: (world) => {
    const ring = world.addRing(RING_BYTES);
    const { queue, views } = world;
    const parent: Part = {
      name: "parent",
      run: (actor) => {
        const made = new Parent(actor, world, [{ slot: 0, thread: 1, ring }]);
        made.submit(1, 2);
        actor.ready();
        act(made);
        // Not `producer.waiting`, which leaves out what is cancelled: here the worker has to make the room.
        const hasRoom = (): boolean => !queue.hasWork(views);
        while (!hasRoom()) {
          actor.checkpoint("room", made);
          const isDone = (): boolean => hasRoom() || made.hasUnread();
          queue.awaitWorkers(views, queue.ARM_FOR_CLAIMS, isDone, 0, Infinity);
          made.react();
        }
        made.submit(3);
      },
    };
    const worker: Part = {
      name: "worker 0",
      isDaemon: true,
      run: (actor) => {
        actor.ready();
        // It publishes no result, so a claim alone must wake the parent.
        runWorker(actor, world, { slot: 0, wakesForClaims: true });
      },
    };
    return { parts: [parent, worker] };
  },
});

const nap: Configuration = {
  name: "the parent naps while a result comes",
  about: "a nap ends by its timer; then the parent arms and sleeps",
  arrange: pool({
    workers: 1,
    requests: [1],
    arePut: true,
    worker: holder,
    act: (parent) => {
      parent.nap();
      parent.waitFor(1);
    },
  }),
};

export const RESULTS: readonly Configuration[] = [
  {
    name: "two workers complete while the parent goes to sleep",
    about: "arm against publish and wakeParent, twice; one notify",
    arrange: pool({
      workers: 2,
      requests: [1, 2],
      arePut: true,
      worker: holder,
      act: (parent) => parent.waitFor(2),
    }),
  },
  {
    name: "two workers complete while the parent waits in its event loop",
    about: "the same by waitAsync",
    arrange: pool({
      workers: 2,
      requests: [1, 2],
      arePut: true,
      worker: holder,
      act: (parent) => parent.waitInEventLoop(2),
    }),
  },
  ...[0, 0x7fff_ff80, -128].map(fullRing),
  longResult,
  room("the parent waits for room in the queue", "arm for claims against claim", () => {}),
  room(
    "the parent waits for room, and all that waits is cancelled",
    "arm for claims against a claim that only passes stale entries",
    (parent) => {
      parent.cancel(1);
      parent.cancel(2);
    },
  ),
  nap,
  {
    name: "one worker, three requests, from put to result",
    about: "all that one worker and the parent do",
    arrange: pool({
      workers: 1,
      requests: [1, 2, 3],
      worker: sleeper,
      act: (parent) => parent.waitFor(3),
    }),
  },
  {
    name: "two workers, two requests, from put to result",
    about: "all that two workers and the parent do",
    arrange: pool({
      workers: 2,
      requests: [1, 2],
      worker: sleeper,
      act: (parent) => parent.waitFor(2),
    }),
  },
  {
    name: "three workers, four requests, from put to result",
    about: "all that three workers and the parent do",
    arrange: pool({
      workers: 3,
      requests: [1, 2, 3, 4],
      worker: sleeper,
      act: (parent) => parent.waitInEventLoop(4),
    }),
  },
];
