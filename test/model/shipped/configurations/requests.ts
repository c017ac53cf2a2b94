/** Put, claim and cancel, without sleeping. Their histories must be those of a FIFO queue. */
import type { RequestProducer } from "../../../../native-queue/request-ring.ts";
import { isLinearizable, historyInWords } from "../check/linearizability.ts";
import { payloadOf, readRequest } from "../scenes/worker.ts";
import type { Actor, Configuration, Ending, Part, World } from "../scenes/world.ts";

export function put(actor: Actor, world: World, producer: RequestProducer, task: number): void {
  actor.call("put", task, () => {
    if (!producer.hasRoom()) throw new Error(`There is no room: task=${task}`);
    prepare(world, task);
    producer.put(task);
  });
  actor.checkpoint("put", producer);
}

/** Puts several requests in one go. */
export function putTogether(
  actor: Actor,
  world: World,
  producer: RequestProducer,
  tasks: readonly number[],
): void {
  actor.call("put", tasks, () => {
    if (!producer.hasRoom(tasks.length)) throw new Error(`There is no room: tasks=${tasks.join()}`);
    for (const task of tasks) prepare(world, task);
    producer.putAll(Int32Array.from(tasks), tasks.length);
  });
  actor.checkpoint("put", producer);
}

/** Writes a request into a task. The number of the task is the number of the request. */
function prepare({ queue, views }: World, task: number): void {
  views.words[views.inline(task) >> 2] = payloadOf(task);
  views.words[views.task(task) + queue.TASK_CALLABLE] = task;
}

/** A worker that claims so many times and reads what it has claimed. */
export function claimer(world: World, worker: number, times: number): Part {
  const { queue, views } = world;
  return {
    name: `worker ${worker}`,
    run: (actor) => {
      actor.ready();
      for (let i = 0; i < times; i++) {
        const task = actor.call("claim", undefined, () => queue.claim(views, worker));
        if (task !== queue.EMPTY && readRequest(world, task) !== task)
          throw new Error(`The payload is another task's: task=${task}`);
        actor.checkpoint("claimed", i);
      }
    },
  };
}

export function asDaemon({ name, run }: Part): Part {
  return { name, run, isDaemon: true };
}

export function expectFifo(...parts: readonly Part[]): (end: Ending) => void {
  const names = parts.map(({ name }) => name);
  return ({ calls }) => {
    if (isLinearizable(calls)) return;
    throw new Error(`No queue has this history. ${historyInWords(calls, names)}`);
  };
}

export function cast(...parts: readonly Part[]): ReturnType<Configuration["arrange"]> {
  return { parts, check: expectFifo(...parts) };
}

export function parent(
  world: World,
  begin: (producer: RequestProducer, actor: Actor) => void,
  act: (producer: RequestProducer, actor: Actor) => void,
): Part {
  return {
    name: "parent",
    run: (actor) => {
      const producer = new world.queue.RequestProducer(world.views);
      begin(producer, actor);
      actor.ready();
      act(producer, actor);
    },
  };
}

const puts = (claims: number, start: number): Configuration => ({
  name: `two puts, two workers that claim ${claims === 1 ? "once" : "twice"}, from ${start}`,
  about: "put against claim against claim, the queue empty at first",
  start,
  arrange: (world) =>
    cast(
      parent(
        world,
        () => {},
        (producer, actor) => {
          put(actor, world, producer, 0);
          put(actor, world, producer, 1);
        },
      ),
      claimer(world, 0, claims),
      claimer(world, 1, claims),
    ),
});

const threeClaimers: Configuration = {
  name: "three workers claim two requests",
  about: "claim against claim against claim, and helping",
  arrange: (world) =>
    cast(
      parent(
        world,
        (producer, actor) => {
          put(actor, world, producer, 0);
          put(actor, world, producer, 1);
        },
        () => {},
      ),
      claimer(world, 0, 1),
      claimer(world, 1, 1),
      claimer(world, 2, 1),
    ),
};

const cancel = (start: number): Configuration => ({
  name: `a request is cancelled and its task put again, from ${start}`,
  about: "cancel and put of the same task against claim against claim",
  start,
  arrange: (world) =>
    cast(
      parent(
        world,
        (producer, actor) => {
          put(actor, world, producer, 0);
          put(actor, world, producer, 1);
        },
        (producer, actor) => {
          if (actor.call("cancel", 0, () => producer.tryCancel(0))) put(actor, world, producer, 0);
        },
      ),
      claimer(world, 0, 1),
      claimer(world, 1, 2),
    ),
});

const reuse: Configuration = {
  name: "a task is done and put again while another worker stalls over it",
  about: "claim against claim, release and put of the same task",
  start: -1,
  arrange: (world) => {
    const { queue, views } = world;
    const parts: readonly Part[] = [
      parent(
        world,
        (producer, actor) => put(actor, world, producer, 0),
        (producer, actor) => {
          actor.signal("done").until();
          producer.release(0);
          put(actor, world, producer, 1);
          put(actor, world, producer, 0);
        },
      ),
      claimer(world, 0, 2),
      {
        name: "worker 1",
        run: (actor) => {
          actor.ready();
          const task = actor.call("claim", undefined, () => queue.claim(views, 1));
          if (task === 0) actor.signal("done").set();
        },
      },
    ];
    // When worker 0 claims the first request, the parent waits for ever.
    const daemons = parts.map(asDaemon);
    return { parts: daemons, check: expectFifo(...daemons) };
  },
};

const lap: Configuration = {
  name: "a worker stalls while the others go round the whole ring",
  about: "a claim never returns EMPTY, because a request waits at every moment",
  start: -3,
  arrange: (world) => {
    const { queue, views } = world;
    const parts: readonly Part[] = [
      parent(
        world,
        (producer, actor) => {
          put(actor, world, producer, 0);
          put(actor, world, producer, 1);
        },
        (producer, actor) => {
          for (const [turn, task] of [0, 1, 0].entries()) {
            actor.signal(`done ${turn}`).until();
            producer.release(task);
            put(actor, world, producer, task);
            actor.signal(`put ${turn}`).set();
          }
        },
      ),
      {
        name: "worker 0",
        run: (actor) => {
          actor.ready();
          for (const [turn, task] of [0, 1, 0].entries()) {
            if (actor.call("claim", undefined, () => queue.claim(views, 0)) !== task) return;
            actor.signal(`done ${turn}`).set();
            actor.signal(`put ${turn}`).until();
          }
        },
      },
      claimer(world, 1, 1),
    ];
    const daemons = parts.map(asDaemon);
    return { parts: daemons, check: expectFifo(...daemons) };
  },
};

const helping = (start: number): Configuration => ({
  name: `the parent passes stale entries while a worker claims, from ${start}`,
  about: "a ring full of cancelled entries: hasRoom helps the head on, against two claims",
  start,
  arrange: (world) =>
    cast(
      parent(
        world,
        (producer, actor) => {
          for (let i = 0; i < 4; i++) {
            put(actor, world, producer, i % 2);
            actor.call("cancel", i % 2, () => producer.tryCancel(i % 2));
          }
        },
        (producer, actor) => {
          put(actor, world, producer, 0);
          put(actor, world, producer, 1);
        },
      ),
      claimer(world, 0, 2),
    ),
});

const message: Configuration = {
  name: "a worker does not drop a message for what it claims later",
  about: "mayBeClaimedBy against claims, release and put of the same task",
  start: -1,
  arrange: (world) => {
    const { queue, views } = world;
    const parts: readonly Part[] = [
      parent(
        world,
        (producer, actor) => put(actor, world, producer, 0),
        (producer, actor) => {
          actor.signal("done").until();
          producer.release(0);
          const position = producer.nextPosition;
          actor.signal("message").set(position + 100);
          put(actor, world, producer, 0);
        },
      ),
      {
        name: "worker 0",
        run: (actor) => {
          actor.ready();
          const posted = actor.signal("message").get();
          const position = posted - 100;
          const isKept = posted !== 0 && queue.mayBeClaimedBy(views, 0, position, 0);
          const task = queue.claim(views, 0);
          if (task === queue.EMPTY || posted === 0) return;
          const isMeant = queue.generationOfTask(views, task) === queue.generationOf(position);
          if (isMeant && !isKept) throw new Error("The message of a claimed request was dropped.");
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

/** Position 0, and the positions just before both wraps. */
export const STARTS: readonly number[] = [0, 0x7fff_ffff, -1];

export const REQUESTS: readonly Configuration[] = [
  ...STARTS.map((start) => puts(1, start)),
  puts(2, 0x7fff_ffff),
  threeClaimers,
  ...STARTS.map((start) => cancel(start)),
  reuse,
  lap,
  ...[0, -5].map((start) => helping(start)),
  message,
];
