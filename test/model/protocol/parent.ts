/** The parent: what its user asks of it, its event loop (delivery.ts), and its blocking wait (thread-pool.ts). */
import type { Broken } from "./broken.ts";
import { collectSteps, hearOfEnd, presentFrom } from "./parent-collect.ts";
import type { AfterCollect } from "./parent-collect.ts";
import { dismissSteps } from "./parent-dismiss.ts";
import { putSteps, refill, submit, waitForRoomSteps } from "./parent-put.ts";
import type { AfterPut } from "./parent-put.ts";
import { together } from "./program.ts";
import type { Steps } from "./program.ts";
import { AT_EVENT_LOOP, waitForResultsSteps } from "./parent-wait.ts";
import { NOBODY, PENDING } from "./world.ts";
import type { Parent, World } from "./world.ts";

/** `collectFor`: what the reading of all results is part of. */
const TURN = 1;
const ROOM_FOR_PUT = 2;
const BLOCKING = 3;
const WAIT_FOR_ROOM = 4;

export interface ParentProgram {
  readonly steps: Steps<Parent>;
  /** Where a put begins; undefined when it cannot. */
  beginPut(me: Parent): string | undefined;
  /** Where the parent goes on when a task has come free. */
  beginRefill(me: Parent): string | undefined;
  /** Where a turn of the event loop begins, and the blocking wait for all results. */
  beginTurn(me: Parent): string;
  beginWait(me: Parent): string;
  /** Where the parent goes on when it hears that a worker's thread is gone. */
  hearOfEnd(worker: number): string | undefined;
}

/** Is a request put and not settled? */
export function isPending({ requests }: World): boolean {
  return requests.some(({ outcome }) => outcome === PENDING);
}

/** Can any worker still deliver a result? Without one, a blocking wait gives up. */
export function canDeliver(world: World): boolean {
  return presentFrom(world, 0) !== -1;
}

/** Where the parent goes on when it has read all results and refilled the queue. */
function afterCollecting(world: World, me: Parent): string {
  const part = me.collectFor;
  me.collectFor = 0;
  if (part === WAIT_FOR_ROOM && canDeliver(world)) return "looks whether fewer wait";
  if (!isPending(world)) return AT_EVENT_LOOP;
  if (part === BLOCKING && canDeliver(world)) return "reads the epoch, to block";
  // One promise is out at a time.
  if (part === TURN && me.promise === NOBODY) return "reads the epoch";
  return AT_EVENT_LOOP;
}

export function parentProgram(world: World, workerBegins: number, broken: Broken): ParentProgram {
  const toEventLoop = (): string => AT_EVENT_LOOP;
  const collect = (part: number) => (me: Parent) => {
    me.collectFor = part;
    return "reads how many have ended";
  };
  const afterPut: AfterPut = {
    makeRoom: collect(ROOM_FOR_PUT),
    done: toEventLoop,
    refilled: (me) => afterCollecting(world, me),
  };
  const afterCollect: AfterCollect = {
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
      collect: collect(WAIT_FOR_ROOM),
    }),
    collectSteps(world, afterCollect, broken),
    dismissSteps(world),
    waitForResultsSteps(world, collect(BLOCKING), collect(WAIT_FOR_ROOM)),
  );
  return {
    steps,
    beginPut: (me) => (world.config.qSize > 0 ? "looks whether fewer wait" : submitNow(me)),
    beginRefill: (me) => refill(world, me, afterPut),
    beginTurn: collect(TURN),
    beginWait: collect(BLOCKING),
    hearOfEnd: (worker) => hearOfEnd(world, worker, afterCollect),
  };
}
