/** parker.ts: the idle and the spin set, waking one worker, unparking a given one, waking the parent. */
import type { Step, Steps } from "./program.ts";
import { ASLEEP, FOR_CLAIMS, FRESH, NOT_ARMED, STALE, WOKEN, item } from "./world.ts";
import type { Slot, Worker, World } from "./world.ts";

/** A thread that wakes workers. */
export interface Waker {
  target: number;
  word: number;
  firstIdle: number;
}

/** `firstIdle` while no word with an idle bit has been seen. */
const NONE = 0;

/** How many words the sleep sets have. */
export function sleepWords({ config }: World): number {
  return config.sleepWords === "one" ? 1 : config.slots;
}

/** The bits that lie in one word of a sleep set. */
export function inWord(world: World, set: number, word: number): number {
  return sleepWords(world) === 1 ? set : set & (1 << word);
}

/** The lowest worker in a set. */
function lowest(set: number): number {
  return 31 - Math.clz32(set & -set);
}

/** `wakeOne`. The load and the CAS of a move are one step, because only a CAS that succeeds has an effect. */
export function wakeOneSteps<Me extends Waker>(
  world: World,
  after: (me: Me) => string,
  why: string = "",
): Steps<Me> {
  const { queue, slots } = world;
  const words = sleepWords(world);
  const finish: (me: Me) => string = (me) => {
    me.word = 0;
    me.firstIdle = NONE;
    me.target = 0;
    return after(me);
  };
  return {
    [`reads the sleep sets${why}`]: (me) => {
      if (inWord(world, queue.spin, me.word) !== 0) return finish(me);
      if (inWord(world, queue.idle, me.word) !== 0 && me.firstIdle === NONE)
        me.firstIdle = me.word + 1;
      if (me.word + 1 < words) {
        me.word += 1;
        return `reads the sleep sets${why}`;
      }
      if (me.firstIdle === NONE) return finish(me);
      me.word = me.firstIdle - 1;
      me.firstIdle = NONE;
      return `moves an idle worker to the spin set${why}`;
    },
    [`moves an idle worker to the spin set${why}`]: (me) => {
      const idle = inWord(world, queue.idle, me.word);
      if (idle === 0) {
        if (me.word + 1 === words) return finish(me);
        me.word += 1;
        return `moves an idle worker to the spin set${why}`;
      }
      me.target = lowest(idle);
      queue.idle &= ~(1 << me.target);
      queue.spin |= 1 << me.target;
      return `adds to that worker's park counter${why}`;
    },
    [`adds to that worker's park counter${why}`]: (me) => {
      addToPark(item(slots, me.target));
      return `notifies that worker${why}`;
    },
    [`notifies that worker${why}`]: (me) => {
      notify(item(slots, me.target));
      return finish(me);
    },
  };
}

/** The first half of `unpark`. */
export function addToPark(slot: Slot): void {
  if (slot.park === FRESH) slot.park = STALE;
}

/** `Atomics.notify`: a thread that sleeps there goes on. */
export function notify(waiting: { waiter: number }): void {
  if (waiting.waiter === ASLEEP) waiting.waiter = WOKEN;
}

/** The two steps of `bumpEpoch`. */
export function bumpEpochSteps<Me>(world: World, after: Step<Me>, why: string = ""): Steps<Me> {
  const { parent } = world;
  return {
    [`adds to the epoch${why}`]: () => {
      if (parent.epoch === FRESH) parent.epoch = STALE;
      return `notifies the parent${why}`;
    },
    [`notifies the parent${why}`]: (me) => {
      notify(parent);
      if (parent.promise === ASLEEP) parent.promise = WOKEN;
      return after(me);
    },
  };
}

/** `wakeParent`. */
export function wakeParentSteps(
  world: World,
  after: (me: Worker) => string,
  why: string = "",
): Steps<Worker> {
  const { queue } = world;
  const finish = (me: Worker): string => {
    me.armed = NOT_ARMED;
    return after(me);
  };
  return {
    [`looks whether the parent is armed${why}`]: (me) => {
      if (queue.arm === NOT_ARMED) return finish(me);
      me.armed = queue.arm;
      return `disarms the parent${why}`;
    },
    [`disarms the parent${why}`]: (me) => {
      if (queue.arm !== me.armed) return finish(me);
      queue.arm = NOT_ARMED;
      return `adds to the epoch${why}`;
    },
    ...bumpEpochSteps(world, finish, why),
  };
}

/** `wakeParentForClaim`. */
export function wakeParentForClaimSteps(
  world: World,
  claimed: string,
  after: (me: Worker) => string,
): Steps<Worker> {
  const why = `, for room${claimed}`;
  return {
    [`looks whether the parent waits for room${claimed}`]: (me) =>
      world.queue.arm === FOR_CLAIMS ? `looks whether the parent is armed${why}` : after(me),
    ...wakeParentSteps(world, after, why),
  };
}
