/**
 * A worker that runs nodes of one tree: `mapSync` and `Sharing.helpUntil` of src/fork-join, and `RunLoop` of src/worker while it has no
 * request, one atomic operation a step. A worker's look at all cells of the board, or at all of its own, is one step: it looks again
 * before it waits, and whatever it finds it takes by a CAS.
 */
import { IS_SHUT_OUT, enter, leave } from "../gate.ts";
import { together } from "../program.ts";
import type { Steps } from "../program.ts";
import { ASLEEP, FRESH, NO_READING, NO_WAITER, STALE, WOKEN } from "../world.ts";
import type { Slot } from "../world.ts";
import type { Broken } from "../broken.ts";
import {
  DONE,
  ENDED,
  FAILED,
  GONE,
  HERE,
  LOST,
  OFFERED,
  ORPHANED,
  PENDING,
  ROOT,
  SUCCEEDED,
  TAKEN,
  UNBORN,
  WAITING,
  childAt,
  childrenOf,
  framesOf,
  isStopped,
  lowest,
  pop,
  push,
} from "./world.ts";
import type { ChildWorker, ChildrenWorld } from "./world.ts";

export const RUNS = "runs the code of its node";
export const GOES_ON = "goes on with its children";
export const SLEEPS = "wakes up, to search";
export const HELPS = "wakes up, to help";
const SEARCHES = "enters its gate, to search";

/** A worker as a slot, whose gate, park counter and waiter it has. */
function slotOf(me: ChildWorker): Slot {
  return me as unknown as Slot;
}

/** The child that its owner may offer or begin next: of its newest parent, the oldest. */
export function nextWaiting(world: ChildrenWorld, me: ChildWorker): number | undefined {
  for (const node of framesOf(me).reverse()) {
    const found = childrenOf(world, node).find((child) => childAt(world, child).state === WAITING);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first of a worker's own children that is in one of these states. */
function ownIn(world: ChildrenWorld, me: ChildWorker, ...states: number[]): number | undefined {
  return framesOf(me)
    .flatMap((node) => childrenOf(world, node))
    .find((child) => states.includes(childAt(world, child).state));
}

/** The first child that another worker offers. */
function offered(world: ChildrenWorld, me: ChildWorker): number | undefined {
  const number = world.workers.indexOf(me);
  const at = world.children.findIndex(({ state, owner }) => state === OFFERED && owner !== number);
  return at === -1 ? undefined : at + 1;
}

export function addToPark(worker: ChildWorker): void {
  if (worker.park === FRESH) worker.park = STALE;
}
export function notify(worker: ChildWorker): void {
  if (worker.waiter === ASLEEP) worker.waiter = WOKEN;
}

export function workerSteps(world: ChildrenWorld, broken: Broken): Steps<ChildWorker> {
  return together<ChildWorker>(
    nodeSteps(world, broken),
    offerSteps(world),
    ownSteps(world, broken),
    helpSteps(world, broken),
    endSteps(world, broken),
    searchSteps(world, broken),
    { [IS_SHUT_OUT]: () => undefined, "is gone": () => undefined },
  );
}

function nodeSteps(world: ChildrenWorld, broken: Broken): Steps<ChildWorker> {
  const self = (me: ChildWorker): number => world.workers.indexOf(me);
  return {
    [RUNS]: (me) => {
      const node = framesOf(me).at(-1) as number;
      for (const number of childrenOf(world, node)) {
        const child = childAt(world, number);
        if (child.state !== UNBORN) broken("C1", `child ${number} is put twice`);
        child.state = isStopped(world, node) ? FAILED : WAITING;
        child.owner = self(me);
      }
      return GOES_ON;
    },
    [GOES_ON]: (me) => {
      const node = framesOf(me).at(-1) as number;
      me.found = 0;
      const over = ownIn(world, me, DONE, LOST);
      if (over !== undefined) {
        me.found = over;
        return "enters its gate, to free a cell";
      }
      const waiting = nextWaiting(world, me);
      if (waiting !== undefined) return beginHere(world, me, waiting, broken);
      const own = ownIn(world, me, OFFERED);
      if (own !== undefined) {
        me.found = own;
        return "enters its gate, to take back";
      }
      const isOver = childrenOf(world, node).every((child) =>
        [ENDED, FAILED].includes(childAt(world, child).state),
      );
      return isOver ? "ends its node" : "reads the version";
    },
  };
}

function beginHere(world: ChildrenWorld, me: ChildWorker, node: number, broken: Broken): string {
  const child = childAt(world, node);
  if (isStopped(world, world.config.parents[node - 1] as number)) {
    child.state = FAILED;
    return GOES_ON;
  }
  child.state = HERE;
  begin(world, me, node, broken);
  return RUNS;
}

function begin(world: ChildrenWorld, me: ChildWorker, node: number, broken: Broken): void {
  const child = childAt(world, node);
  child.begun += 1;
  if (child.begun > 1) broken("C1", `child ${node} runs twice`);
  push(me, node);
}

/** `BoardOwner.offer`. It begins with a choice: see model.ts. */
function offerSteps(world: ChildrenWorld): Steps<ChildWorker> {
  const { workers } = world;
  return {
    "enters its gate, to offer": (me) => enter(slotOf(me), "writes the child on the board"),
    "writes the child on the board": (me) => {
      childAt(world, me.found).state = OFFERED;
      me.found = 0;
      return "adds to the version";
    },
    "adds to the version": () => {
      for (const worker of workers) if (worker.board === FRESH) worker.board = STALE;
      return "reads the sleep sets, after an offer";
    },
    ...wakeIdleSteps(
      world,
      ", after an offer",
      "looks for a helper, after an offer",
      "leaves its gate, after an offer",
    ),
    ...wakeHelperSteps(world, ", after an offer", "leaves its gate, after an offer"),
    "leaves its gate, after an offer": (me) => leave(slotOf(me), GOES_ON),
  };
}

/** `wakeOne`; `none` is the next step when no worker had to be woken. */
function wakeIdleSteps(
  { queue, workers }: ChildrenWorld,
  why: string,
  none: string,
  woken: string,
): Steps<ChildWorker> {
  return {
    [`reads the sleep sets${why}`]: () =>
      queue.spin !== 0 || queue.idle === 0 ? none : `moves an idle worker to the spin set${why}`,
    [`moves an idle worker to the spin set${why}`]: (me) => {
      if (queue.idle === 0) return none;
      me.target = lowest(queue.idle);
      queue.idle &= ~(1 << me.target);
      queue.spin |= 1 << me.target;
      return `adds to the park counter of the idle worker${why}`;
    },
    [`adds to the park counter of the idle worker${why}`]: (me) => {
      addToPark(workers[me.target] as ChildWorker);
      return `notifies the idle worker${why}`;
    },
    [`notifies the idle worker${why}`]: (me) => {
      notify(workers[me.target] as ChildWorker);
      me.target = 0;
      return woken;
    },
  };
}

/** `wakeHelper`. */
function wakeHelperSteps(
  { queue, workers }: ChildrenWorld,
  why: string,
  after: string,
): Steps<ChildWorker> {
  const others = (me: ChildWorker): number => queue.helping & ~(1 << workers.indexOf(me));
  return {
    [`looks for a helper${why}`]: (me) => {
      if (others(me) === 0) return after;
      me.target = lowest(others(me));
      return `takes the helper out of the set${why}`;
    },
    [`takes the helper out of the set${why}`]: (me) => {
      if ((queue.helping & (1 << me.target)) === 0) {
        me.target = 0;
        return `looks for a helper${why}`;
      }
      queue.helping &= ~(1 << me.target);
      return `adds to the park counter of the helper${why}`;
    },
    [`adds to the park counter of the helper${why}`]: (me) => {
      addToPark(workers[me.target] as ChildWorker);
      return `notifies the helper${why}`;
    },
    [`notifies the helper${why}`]: (me) => {
      notify(workers[me.target] as ChildWorker);
      me.target = 0;
      return after;
    },
  };
}

/** What an owner does with its cells: take back, and free. */
function ownSteps(world: ChildrenWorld, broken: Broken): Steps<ChildWorker> {
  return {
    "enters its gate, to take back": (me) => enter(slotOf(me), "takes its offer back"),
    "takes its offer back": (me) => {
      const child = childAt(world, me.found);
      if (child.state !== OFFERED) me.found = 0;
      else child.state = HERE;
      return "leaves its gate, after the take back";
    },
    "leaves its gate, after the take back": (me) => {
      const { found } = me;
      me.found = 0;
      const next = leave(slotOf(me), found === 0 ? GOES_ON : RUNS);
      if (next === RUNS) begin(world, me, found, broken);
      return next;
    },
    "enters its gate, to free a cell": (me) => enter(slotOf(me), "frees a cell"),
    "frees a cell": (me) => {
      const child = childAt(world, me.found);
      if (child.state === DONE && child.ended !== 1)
        broken("C2", `child ${me.found} has an outcome and has not ended`);
      child.state = child.state === DONE ? ENDED : FAILED;
      child.taker = 0;
      me.found = 0;
      return "leaves its gate, with a free cell";
    },
    "leaves its gate, with a free cell": (me) => leave(slotOf(me), GOES_ON),
  };
}

/** `takeChild`: the CAS, and what follows it. */
function takeSteps(
  world: ChildrenWorld,
  why: string,
  next: { look: string; taken: string },
): Steps<ChildWorker> {
  return {
    [`takes the child${why}`]: (me) => {
      const child = childAt(world, me.found);
      if (child.state !== OFFERED) {
        me.found = 0;
        return next.look;
      }
      child.state = TAKEN;
      child.taker = world.workers.indexOf(me);
      return next.taken;
    },
  };
}

/** The worker leaves with a child, and begins it when it has not been killed. */
function leaveWithChild(world: ChildrenWorld, me: ChildWorker, broken: Broken): string {
  const { found } = me;
  me.found = 0;
  const next = leave(slotOf(me), RUNS);
  if (next === RUNS) begin(world, me, found, broken);
  return next;
}

/** `Taker.tryHelpSync`, and `Sharing.#blockUntil`. */
function helpSteps(world: ChildrenWorld, broken: Broken): Steps<ChildWorker> {
  const { queue, workers } = world;
  const bit = (me: ChildWorker): number => 1 << workers.indexOf(me);
  return {
    "reads the version": (me) => {
      me.board = FRESH;
      return "enters its gate, to help";
    },
    "enters its gate, to help": (me) => enter(slotOf(me), "looks at the board, to help"),
    "looks at the board, to help": (me) => {
      const found = offered(world, me);
      if (found === undefined) return "leaves its gate, with nothing to help";
      me.found = found;
      return "takes the child, to help";
    },
    ...takeSteps(world, ", to help", {
      look: "looks at the board, to help",
      taken: "looks whether more is offered",
    }),
    "looks whether more is offered": () =>
      world.children.some(({ state }) => state === OFFERED)
        ? "looks for a helper, to hand on"
        : "leaves its gate, to help",
    ...wakeHelperSteps(world, ", to hand on", "leaves its gate, to help"),
    "leaves its gate, to help": (me) => leaveWithChild(world, me, broken),
    "leaves its gate, with nothing to help": (me) =>
      leave(slotOf(me), "reads its park counter, to help"),
    "reads its park counter, to help": (me) => {
      me.park = FRESH;
      return "enters its gate, to be a helper";
    },
    "enters its gate, to be a helper": (me) => enter(slotOf(me), "enters the helpers"),
    "enters the helpers": (me) => {
      queue.helping |= bit(me);
      return "leaves its gate, as a helper";
    },
    "leaves its gate, as a helper": (me) => leave(slotOf(me), "looks again, as a helper"),
    "looks again, as a helper": (me) => {
      const hasNews = me.board === STALE || ownIn(world, me, DONE, LOST) !== undefined;
      if (!hasNews) return "waits, as a helper";
      me.park = NO_READING;
      return "enters its gate, to help no more";
    },
    "waits, as a helper": (me) => {
      if (me.park === STALE) return "reads its park counter, to help";
      me.waiter = ASLEEP;
      return HELPS;
    },
    [HELPS]: (me) => {
      if (me.waiter !== WOKEN) return undefined;
      me.waiter = NO_WAITER;
      return "reads its park counter, to help";
    },
    "enters its gate, to help no more": (me) => enter(slotOf(me), "leaves the helpers"),
    "leaves the helpers": (me) => {
      queue.helping &= ~bit(me);
      me.board = NO_READING;
      return "leaves its gate, to go on";
    },
    "leaves its gate, to go on": (me) => leave(slotOf(me), GOES_ON),
  };
}

/** A node is over: a child here, a child of another worker (`finishChild`), or the request. */
function endSteps(world: ChildrenWorld, broken: Broken): Steps<ChildWorker> {
  const { queue, workers } = world;
  return {
    "ends its node": (me) => {
      const node = framesOf(me).at(-1) as number;
      if (node === ROOT) return "enters its gate, to publish the result";
      const child = childAt(world, node);
      child.ended += 1;
      if (child.ended > 1) broken("C1", `child ${node} ends twice`);
      if (child.state !== HERE) return "enters its gate, to finish";
      child.state = ENDED;
      pop(me);
      return GOES_ON;
    },
    "enters its gate, to publish the result": (me) => enter(slotOf(me), "publishes the result"),
    "publishes the result": (me) => {
      if (queue.outcome === PENDING) queue.outcome = SUCCEEDED;
      pop(me);
      return "leaves its gate, without a request";
    },
    "leaves its gate, without a request": (me) => leave(slotOf(me), SEARCHES),
    "enters its gate, to finish": (me) => enter(slotOf(me), "sends the outcome"),
    "sends the outcome": (me) => {
      const child = childAt(world, framesOf(me).at(-1) as number);
      const isWanted = child.state === TAKEN;
      if (isWanted) {
        child.state = DONE;
        me.target = child.owner;
      } else {
        if (child.state !== ORPHANED) broken("C2", "a taker frees a cell that is another's");
        child.state = GONE;
        child.taker = 0;
      }
      return isWanted ? "adds to the park counter of the owner" : "leaves its gate, after the end";
    },
    "adds to the park counter of the owner": (me) => {
      addToPark(workers[me.target] as ChildWorker);
      return "notifies the owner";
    },
    "notifies the owner": (me) => {
      notify(workers[me.target] as ChildWorker);
      me.target = 0;
      return "leaves its gate, after the end";
    },
    "leaves its gate, after the end": (me) => {
      pop(me);
      return leave(slotOf(me), framesOf(me).length > 0 ? GOES_ON : SEARCHES);
    },
  };
}

/** `RunLoop` and `awaitWork`, for children alone. */
function searchSteps(world: ChildrenWorld, broken: Broken): Steps<ChildWorker> {
  const { queue, workers } = world;
  const bit = (me: ChildWorker): number => 1 << workers.indexOf(me);
  return {
    [SEARCHES]: (me) => enter(slotOf(me), "reads the version, to search"),
    "reads the version, to search": (me) => {
      me.board = FRESH;
      return "looks at the board, to search";
    },
    "looks at the board, to search": (me) => {
      const found = offered(world, me);
      if (found === undefined) return "enters the spin set";
      me.found = found;
      return "takes the child, to run it";
    },
    ...takeSteps(world, ", to run it", {
      look: "looks at the board, to search",
      taken: "leaves the sets",
    }),
    "leaves the sets": (me) => {
      const wasIn = ((queue.idle | queue.spin) & bit(me)) !== 0;
      queue.idle &= ~bit(me);
      queue.spin &= ~bit(me);
      me.isSearching = 0;
      me.board = NO_READING;
      return wasIn && queue.spin === 0
        ? "looks whether more is offered, to hand the search on"
        : "leaves its gate, to run a child";
    },
    "looks whether more is offered, to hand the search on": () =>
      world.children.some(({ state }) => state === OFFERED)
        ? "reads the sleep sets, to hand the search on"
        : "leaves its gate, to run a child",
    ...wakeIdleSteps(
      world,
      ", to hand the search on",
      "leaves its gate, to run a child",
      "leaves its gate, to run a child",
    ),
    "leaves its gate, to run a child": (me) => leaveWithChild(world, me, broken),
    "enters the spin set": (me) => {
      me.isSearching = 1;
      queue.idle &= ~bit(me);
      queue.spin |= bit(me);
      return "leaves its gate, to spin";
    },
    "leaves its gate, to spin": (me) => leave(slotOf(me), "looks at the version, while it spins"),
    "looks at the version, while it spins": (me) =>
      me.board === STALE ? SEARCHES : "enters its gate, to sleep",
    "enters its gate, to sleep": (me) => enter(slotOf(me), "reads its park counter, to sleep"),
    "reads its park counter, to sleep": (me) => {
      me.park = FRESH;
      return "enters the idle set";
    },
    "enters the idle set": (me) => {
      queue.spin &= ~bit(me);
      queue.idle |= bit(me);
      return "looks a second time";
    },
    "looks a second time": (me) => {
      if (me.board !== STALE) return "leaves its gate, to sleep";
      me.park = NO_READING;
      return "reads the version, to search";
    },
    "leaves its gate, to sleep": (me) => leave(slotOf(me), "waits for a child"),
    "waits for a child": (me) => {
      const isStale = me.park === STALE;
      me.park = isStale ? NO_READING : me.park;
      if (isStale) return "looks at the version, after a wait";
      me.waiter = ASLEEP;
      return SLEEPS;
    },
    [SLEEPS]: (me) => {
      if (me.waiter !== WOKEN) return undefined;
      me.waiter = NO_WAITER;
      me.park = NO_READING;
      return "looks at the version, after a wait";
    },
    // While the version is what it was, the worker does not look at the board.
    "looks at the version, after a wait": (me) =>
      me.board === STALE ? SEARCHES : "enters its gate, to spin",
    "enters its gate, to spin": (me) => enter(slotOf(me), "enters the spin set"),
  };
}
