/** Out-of-band messages: a worker that asks for one gets it, and sleeps until then. */
import { Parent } from "../scenes/parent.ts";
import { runWorker } from "../scenes/worker.ts";
import type { WorkerSettings } from "../scenes/worker.ts";
import type { Configuration, Part, World } from "../scenes/world.ts";

interface Setting {
  readonly requests: readonly number[];
  readonly act: (parent: Parent) => void;
  /** Frames without meaning that are in the worker's ring of 128 bytes. Five of them leave no space to ask. */
  readonly frames?: number;
  readonly blockMs?: number;
}

/** One worker, whose requests are put before any thread goes on. */
function fetching(setting: Setting): Configuration["arrange"] {
  return (world) => {
    const ring = world.addRing(128);
    const parent: Part = {
      name: "parent",
      run: (actor) => {
        const made = new Parent(actor, world, [{ slot: 0, thread: 1, ring }]);
        made.submit(...setting.requests);
        actor.ready();
        setting.act(made);
      },
    };
    return { parts: [parent, fetcher(world, ring, setting)] };
  };
}

function fetcher(
  world: World,
  ring: SharedArrayBuffer,
  { frames = 0, blockMs = Infinity }: Setting,
): Part {
  const settings: WorkerSettings = { slot: 0, ring, blockMs, fetches: true };
  return {
    name: "worker 0",
    isDaemon: true,
    run: (actor) => {
      const writer = new world.queue.ResultWriter(ring);
      for (let i = 0; i < frames; i++) {
        writer.tryReserve(8);
        writer.publish(0, 0x3f_ffff, 0, 8);
      }
      actor.ready();
      runWorker(actor, world, settings);
    },
  };
}

export const MESSAGES: readonly Configuration[] = [
  {
    name: "a worker asks for two messages, one after the other",
    about: "parkRounds against post, count and unpark",
    arrange: fetching({ requests: [1, 2], act: (parent) => parent.waitFor(2) }),
  },
  {
    name: "a worker waits for a message by promise when its block ends",
    about: "the same by wait, then waitAsync, and a parent in its event loop",
    arrange: fetching({ requests: [1], blockMs: 2, act: (parent) => parent.waitInEventLoop(1) }),
  },
  {
    name: "a worker has no space to ask for a message",
    about: "spaceRounds, then parkRounds, on the same park counter",
    arrange: fetching({ requests: [1], frames: 5, act: (parent) => parent.waitFor(1) }),
  },
];
