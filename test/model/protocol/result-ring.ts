/** The worker's half of result-ring.ts, and how it waits for space: `spaceRounds` and `waitUnparked`. */
import { frameDistance, nextFrame } from "./counters.ts";
import { enter, leave, slotOf } from "./gate.ts";
import type { Broken } from "./broken.ts";
import type { Steps } from "./program.ts";
import { ASLEEP, FRESH, NO_WAITER, NO_READING, STALE, WOKEN, item } from "./world.ts";
import type { Frame, Worker, World } from "./world.ts";

export function frameAt(world: World, me: Worker, count: number): Frame {
  const frames = item(world.frames, world.workers.indexOf(me));
  return item(frames, count % frames.length);
}

/** Whether the ring is full. `read` is the head that the parent has published. */
export function isFull(world: World, me: Worker): boolean {
  return frameDistance(me.read, me.tail) >= world.config.frames;
}

/**
 * From the end of the callable to the published result. The head that was seen last is not kept: it only saves loads.
 */
export function replySteps(world: World, broken: Broken, published: string): Steps<Worker> {
  const { slots, tasks } = world;
  return {
    "looks for space": (me) =>
      isFull(world, me) ? "reads its park counter, for space" : "writes the frame",
    "writes the frame": (me) => {
      const frame = frameAt(world, me, me.tail);
      if (frame.value !== 0) broken("I5", "a frame is written over one that is not read");
      frame.task = me.task;
      frame.generation = item(tasks, me.task).generation;
      frame.value = me.value;
      return "enters its gate, to publish";
    },
    "enters its gate, to publish": (me) => enter(slotOf(world, me), "publishes the frame"),
    "publishes the frame": (me) => {
      me.tail = nextFrame(me.tail);
      me.task = 0;
      me.value = 0;
      me.holds = 0;
      return published;
    },
    "reads its park counter, for space": (me) => {
      item(slots, me.slot).park = FRESH;
      return "enters its gate, to want space";
    },
    "enters its gate, to want space": (me) => enter(slotOf(world, me), "says that it wants space"),
    "says that it wants space": (me) => {
      me.wanted = 1;
      return "leaves its gate, to look for space";
    },
    "leaves its gate, to look for space": (me) => leave(slotOf(world, me), "looks for space again"),
    "looks for space again": (me) => {
      if (isFull(world, me)) return "waits for space";
      item(slots, me.slot).park = NO_READING;
      return "writes the frame";
    },
    ...waitSteps(world, "space", "reads its park counter, for space"),
  };
}

/** `waitUnparked`: the worker blocks first. After a while the wait goes on as a promise while the event loop turns. */
export function waitSteps(world: World, what: string, woken: string): Steps<Worker> {
  const { slots } = world;
  const wait = (sleeping: string) => (me: Worker) => {
    const slot = item(slots, me.slot);
    if (slot.park === STALE) {
      slot.park = NO_READING;
      return woken;
    }
    slot.waiter = ASLEEP;
    return sleeping;
  };
  const wake = (me: Worker): string | undefined => {
    const slot = item(slots, me.slot);
    if (slot.waiter !== WOKEN) return undefined;
    slot.waiter = NO_WAITER;
    slot.park = NO_READING;
    return woken;
  };
  return {
    [`waits for ${what}`]: wait(`wakes up, with ${what}`),
    [`wakes up, with ${what}`]: wake,
    [`asks for a promise of ${what}`]: wait(`gets its promised ${what}`),
    [`gets its promised ${what}`]: wake,
  };
}
