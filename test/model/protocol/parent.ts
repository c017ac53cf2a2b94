/**
 * The parent: what its user asks of it, its event loop (`EventLoopDelivery`), and its blocking wait
 * (`ThreadPool.wait`).
 */
import type { Broken } from "./broken.ts";
import { reactSteps, hearOfEnd, presentFrom } from "./parent-react.ts";
import type { AfterReact } from "./parent-react.ts";
import { dismissSteps } from "./parent-dismiss.ts";
import { putSteps, refill, submit, waitForRoomSteps } from "./parent-put.ts";
import type { AfterPut } from "./parent-put.ts";
import { together } from "./program.ts";
import type { Steps } from "./program.ts";
import { AT_EVENT_LOOP, waitForResultsSteps } from "./parent-wait.ts";
import { NO_WAITER, PENDING } from "./world.ts";
import type { Parent, World } from "./world.ts";

/** `reactFor`: what the reading of all results is part of. */
const TURN = 1;
const ROOM_FOR_PUT = 2;
const BLOCKING = 3;
const WAIT_FOR_ROOM = 4;

export interface ParentProgram {
  readonly steps: Steps<Parent>;
  /** The first step of a put; undefined when there can be none. */
  beginPut(me: Parent): string | undefined;
  /** The next step of the parent when a task is free again. */
  beginRefill(me: Parent): string | undefined;
  /** The first step of a turn of the event loop. */
  beginTurn(me: Parent): string;
  /** The first step of the blocking wait for all results. */
  beginWait(me: Parent): string;
  /** The next step of the parent when it hears that a worker's thread is gone. */
  hearOfEnd(worker: number): string | undefined;
}

/** Whether a request is put and not settled. */
export function isPending({ requests }: World): boolean {
  return requests.some(({ outcome }) => outcome === PENDING);
}

/** Whether any worker can still deliver a result. Without one, a blocking wait gives up. */
export function canDeliver(world: World): boolean {
  return presentFrom(world, 0) !== -1;
}

/** The next step of the parent when it has read all results and refilled the queue. */
function afterReacting(world: World, me: Parent): string {
  const part = me.reactFor;
  me.reactFor = 0;
  if (part === WAIT_FOR_ROOM && canDeliver(world)) return "looks whether fewer wait";
  if (!isPending(world)) return AT_EVENT_LOOP;
  if (part === BLOCKING && canDeliver(world)) return "reads the epoch, to block";
  // The parent has one promise out at a time.
  if (part === TURN && me.promise === NO_WAITER) return "reads the epoch";
  return AT_EVENT_LOOP;
}

export function parentProgram(world: World, workerBegins: number, broken: Broken): ParentProgram {
  const toEventLoop = (): string => AT_EVENT_LOOP;
  const react = (part: number) => (me: Parent) => {
    me.reactFor = part;
    return "reads how many have ended";
  };
  const afterPut: AfterPut = {
    makeRoom: react(ROOM_FOR_PUT),
    done: toEventLoop,
    refilled: (me) => afterReacting(world, me),
  };
  const afterReact: AfterReact = {
    refill: (me) => refill(world, me, afterPut),
    done: toEventLoop,
    workerBegins,
  };
  const submitNow = (me: Parent): string | undefined => submit(world, me, afterPut);
  const steps = together<Parent>(
    { [AT_EVENT_LOOP]: () => undefined },
    putSteps(world, afterPut),
    waitForRoomSteps(world, {
      hasRoom: submitNow,
      look: "looks for results, for room",
      react: react(WAIT_FOR_ROOM),
    }),
    reactSteps(world, afterReact, broken),
    dismissSteps(world),
    waitForResultsSteps(world, react(BLOCKING), react(WAIT_FOR_ROOM)),
  );
  return {
    steps,
    beginPut: (me) => (world.config.qSize > 0 ? "looks whether fewer wait" : submitNow(me)),
    beginRefill: (me) => refill(world, me, afterPut),
    beginTurn: react(TURN),
    beginWait: react(BLOCKING),
    hearOfEnd: (worker) => hearOfEnd(world, worker, afterReact),
  };
}
