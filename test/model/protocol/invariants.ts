/** What must hold in every state and of every transition. The names are those of native-queue/README.md. */
import { distance, frameDistance, generationOf, lapOf } from "./counters.ts";
import type { Violation } from "./explorer/model.ts";
import { isOfGroup } from "./parent-group.ts";
import { isPending } from "./parent.ts";
import { isPresent } from "./parent-react.ts";
import { doesWorkWait, entryAt } from "./ready-ring.ts";
import { isRunning } from "./death.ts";
import {
  ASLEEP,
  CLAIMED,
  ENDED,
  FREE,
  FRESH,
  KILLED,
  NO_WAITER,
  CLOSED,
  OPEN,
  READY,
  STARTING,
  item,
} from "./world.ts";
import type { Task, World } from "./world.ts";

/** The parent is between the two stores of one put: the task is READY, and its entry is not stored yet. */
const MID_PUT = "stores the entry";

/** Invariants of one state. */
export function checkState(world: World, parentStep: string): Violation | undefined {
  return (
    checkEntries(world, parentStep) ?? checkSizes(world) ?? checkDead(world) ?? checkPark(world)
  );
}

/** I2: READY implies an entry for that task between head and tail. */
function checkEntries(world: World, parentStep: string): Violation | undefined {
  const { queue, parent, tasks } = world;
  for (const [number, task] of tasks.entries()) {
    const isInPut = (parentStep === MID_PUT && parent.task === number) || isOfGroup(parent, number);
    if (task.tag !== READY || isInPut) continue;
    const entry = entryAt(world, task.position);
    const isThere = entry.lap === lapOf(world, task.position) && entry.task === number;
    const isBetween = distance(queue.head, task.position) < distance(queue.head, parent.tail);
    if (!isThere || !isBetween)
      return { invariant: "I2", what: `task ${number} is READY and no entry leads to it` };
  }
  return undefined;
}

/** I5: neither ring holds more than it can. */
function checkSizes(world: World): Violation | undefined {
  const { queue, parent, entries, workers, config } = world;
  if (distance(queue.head, parent.tail) > entries.length)
    return { invariant: "I5", what: "the ready ring holds more entries than it has" };
  for (const [number, { read, tail, channel }] of workers.entries()) {
    if (channel !== CLOSED && frameDistance(read, tail) > config.frames)
      return { invariant: "I5", what: `the result ring of worker ${number} overflows` };
  }
  return undefined;
}

/** I7: a slot without a worker, or with a worker that has taken no step, owns no task and has no bit in the sets. */
function checkDead({ queue, slots, tasks }: World): Violation | undefined {
  for (const [number, { occupant, gate }] of slots.entries()) {
    // Before its first step a worker is in no set, so a bit in its slot is its predecessor's.
    if (occupant !== 0 && gate !== STARTING) continue;
    if (((queue.idle | queue.spin) & (1 << number)) !== 0)
      return { invariant: "I7", what: `a bit of the sets belongs to no worker: slot ${number}` };
    if (
      tasks.some(({ isInUse, tag, owner }) => isInUse === 1 && tag === CLAIMED && owner === number)
    )
      return { invariant: "I7", what: `a task belongs to no worker: slot ${number}` };
  }
  return undefined;
}

/** A worker that sleeps has a reading that tells it of every unpark. */
function checkPark({ slots }: World): Violation | undefined {
  for (const [number, { waiter, park }] of slots.entries()) {
    if (waiter !== NO_WAITER && park < FRESH)
      return { invariant: "model", what: `a waiter has no reading: slot ${number}` };
  }
  return undefined;
}

/** Invariants of one transition; `actor` is the number of the worker that took it, -1 for the parent. */
export function checkStep(before: World, after: World, actor: number): Violation | undefined {
  for (let number = 0; number < after.tasks.length; number++) {
    const task = item(after.tasks, number);
    const was = item(before.tasks, number);
    const violation =
      checkEdge(was, task, actor === -1 ? -1 : item(after.workers, actor).slot) ??
      checkPayload(before, after, number) ??
      (was.tag === READY && task.tag === CLAIMED ? checkOrder(before, number) : undefined);
    if (violation !== undefined) return violation;
  }
  return checkKilled(before, after, actor);
}

/** I3: only the edges of task-state.ts, each by the thread whose edge it is. `slot` is -1 for the parent. */
function checkEdge(was: Task, is: Task, slot: number): Violation | undefined {
  if (was.tag === is.tag && was.generation === is.generation && was.owner === is.owner)
    return undefined;
  const isSameUse = was.generation === is.generation && was.position === is.position;
  const isPut = is.tag === READY && was.isInUse === 0 && slot === -1 && !(was.tag === READY);
  const isClaim = was.tag === READY && is.tag === CLAIMED && isSameUse && is.owner === slot;
  const isCancel = was.tag === READY && is.tag === FREE && isSameUse && slot === -1;
  if (isPut || isClaim || isCancel) return undefined;
  return {
    invariant: "I3",
    what: `no such edge: tag ${was.tag}→${is.tag} generation ${was.generation}→${is.generation}`,
  };
}

/** I4: a payload stays as it is while a thread that may read it has claimed it. */
function checkPayload(before: World, after: World, task: number): Violation | undefined {
  if (item(before.tasks, task).payload === item(after.tasks, task).payload) return undefined;
  for (const [number, worker] of after.workers.entries()) {
    const held = item(before.workers, number);
    if (held.holds === 1 && held.task === task && worker.holds === 1 && isRunning(worker))
      return { invariant: "I4", what: `a payload changes while worker ${number} has claimed it` };
  }
  return undefined;
}

/** I9: requests are claimed in the order they were put. */
function checkOrder(before: World, claimed: number): Violation | undefined {
  const { position } = item(before.tasks, claimed);
  const { queue, parent, tasks } = before;
  for (const [number, task] of tasks.entries()) {
    if (number === claimed || task.tag !== READY || task.generation !== generationOf(task.position))
      continue;
    const isPublished = distance(queue.head, task.position) < distance(queue.head, parent.tail);
    if (isPublished && distance(queue.head, task.position) < distance(queue.head, position))
      return { invariant: "I9", what: `task ${claimed} is claimed before task ${number}` };
  }
  return undefined;
}

/** I10: a killed worker changes nothing that others read. It may have announced its end before. */
function checkKilled(before: World, after: World, actor: number): Violation | undefined {
  if (actor === -1) return undefined;
  const { life, slot } = item(before.workers, actor);
  if (life !== KILLED || item(before.slots, slot).gate === ENDED) return undefined;
  const isSame =
    sharedWordsOf(before, actor, slot).join(" ") === sharedWordsOf(after, actor, slot).join(" ");
  return isSame ? undefined : { invariant: "I10", what: `worker ${actor}, killed, changes a word` };
}

/** The words that other threads than this worker read. */
function sharedWordsOf(
  { queue, tasks, slots, parent, workers }: World,
  worker: number,
  own: number,
): number[] {
  const { tail, wanted } = item(workers, worker);
  const { head, idle, spin, arm, ends } = queue;
  const { epoch, waiter: parentWaiter, promise } = parent;
  const { gate } = item(slots, own);
  return [head, idle, spin, arm, ends, epoch, parentWaiter, promise, gate, tail, wanted].concat(
    tasks.flatMap(({ tag, owner }) => [tag, owner]),
    slots.flatMap(({ park, waiter }, slot) => (slot === own ? [] : [park, waiter])),
  );
}

/**
 * What is wrong when no thread has a step to take. Callables may be running, perhaps for ever: then nothing may wait
 * for them that another thread could do.
 */
export function checkQuiet(world: World, areRunning: boolean): Violation | undefined {
  const { workers, parent, slots } = world;
  const isParentAsleep = parent.waiter === ASLEEP || parent.promise === ASLEEP;
  if (!areRunning && isPending(world))
    return { invariant: "I6", what: "a request is not settled and no thread has a step to take" };
  if (!areRunning && parent.waiter === ASLEEP)
    return { invariant: "I6", what: "the parent sleeps and no thread has a step to take" };
  for (const [number, worker] of workers.entries()) {
    if (!isRunning(worker) || !isPresent(worker)) continue;
    const { waiter, gate } = item(slots, worker.slot);
    const isFree = waiter === ASLEEP && worker.holds === 0 && gate === OPEN;
    if (isFree && doesWorkWait(world))
      return { invariant: "I6", what: `a request waits while worker ${number} sleeps` };
    if (worker.read !== worker.tail && isParentAsleep)
      return {
        invariant: "I6",
        what: `a result of worker ${number} waits while the parent sleeps`,
      };
    const isFull = frameDistance(worker.read, worker.tail) >= world.config.frames;
    if (waiter === ASLEEP && worker.holds === 1 && !isFull)
      return { invariant: "I6", what: `worker ${number} sleeps while there is space` };
  }
  return undefined;
}
