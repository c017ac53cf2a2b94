/** How the parent waits for results: `arm`, `Reactor.hasUnread`, and the two waits of wait-strategy.ts. */
import { presentFrom } from "./parent-react.ts";
import type { Step, Steps } from "./program.ts";
import { ASLEEP, FOR_RESULTS, FRESH, NO_WAITER, NO_READING, STALE, WOKEN, item } from "./world.ts";
import type { Parent, World } from "./world.ts";

/** The step of a parent whose user's code or event loop may do something. */
export const AT_EVENT_LOOP = "is in its event loop";

/** Spinning is left out: a look that finds nothing changes nothing, and the last look of a spin is as good as any. */
export function waitForResultsSteps(
  world: World,
  react: Step<Parent>,
  reactForRoom: Step<Parent>,
): Steps<Parent> {
  return {
    ...armSteps(world, ""),
    ...armSteps(world, ", to block"),
    ...lookSteps(world, "", "asks for a promise", () => AT_EVENT_LOOP),
    ...lookSteps(world, ", to block", "waits", react),
    ...lookSteps(world, ", for room", "waits for room", reactForRoom),
    "asks for a promise": (me) => {
      if (me.epoch === FRESH) me.promise = ASLEEP;
      me.epoch = NO_READING;
      return AT_EVENT_LOOP;
    },
    waits: (me) => {
      const isStale = me.epoch === STALE;
      me.epoch = NO_READING;
      if (isStale) return react(me);
      me.waiter = ASLEEP;
      return "wakes up";
    },
    "wakes up": (me) => {
      if (me.waiter !== WOKEN) return undefined;
      me.waiter = NO_WAITER;
      return react(me);
    },
  };
}

/** `arm`. */
function armSteps({ queue }: World, why: string): Steps<Parent> {
  return {
    [`reads the epoch${why}`]: (me) => {
      me.epoch = FRESH;
      return `arms itself${why}`;
    },
    [`arms itself${why}`]: () => {
      queue.arm = FOR_RESULTS;
      return `looks for results${why}`;
    },
  };
}

/** `Reactor.hasUnread`: the tail of each ring, then the count of ends. */
function lookSteps(world: World, why: string, wait: string, unread: Step<Parent>): Steps<Parent> {
  const { queue, workers } = world;
  const found: Step<Parent> = (me) => {
    me.worker = 0;
    me.epoch = NO_READING;
    return unread(me);
  };
  const lookFrom = (me: Parent, from: number): string => {
    const worker = presentFrom(world, from);
    me.worker = worker === -1 ? 0 : worker;
    return worker === -1 ? `looks for ends${why}` : `looks for results${why}`;
  };
  return {
    [`looks for results${why}`]: (me) => {
      const first = presentFrom(world, me.worker);
      if (first === -1) return lookFrom(me, me.worker);
      const { read, tail } = item(workers, first);
      return read === tail ? lookFrom(me, first + 1) : found(me);
    },
    [`looks for ends${why}`]: (me) => (queue.ends === me.endsSeen ? wait : found(me)),
  };
}
