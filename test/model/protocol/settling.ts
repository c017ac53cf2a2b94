/** What the parent's own heap holds of requests and tasks: `TaskTable` and `RequestTable` of src/pool. */
import type { Broken } from "./broken.ts";
import { frameDistance, generationOf, nextFrame } from "./counters.ts";
import { frameAt } from "./result-ring.ts";
import { CLAIMED, DIED, DONE, PENDING, item } from "./world.ts";
import type { Worker, World } from "./world.ts";

/** Gives the request in a task its outcome. The task stays in use until it is released. */
export function settle(world: World, task: number, outcome: number, broken: Broken): void {
  const cell = item(world.tasks, task);
  const request = item(world.requests, cell.request - 1);
  if (request.outcome !== PENDING) broken("I1", `request ${cell.request - 1} settles twice`);
  request.outcome = outcome;
  cell.request = 0;
}

/** Takes a task back. The memory of its payload may be used for another from now on. */
export function release(world: World, task: number): void {
  const cell = item(world.tasks, task);
  cell.isInUse = 0;
  cell.payload = 0;
}

/** Reads all frames between the parent's head in a ring and the tail. No worker writes there: I5. */
export function takeFrames(world: World, worker: number, broken: Broken): void {
  const { parent } = world;
  const me = item(world.workers, worker);
  for (; frameDistance(me.read, me.tail) > parent.taken; parent.taken += 1) {
    const frame = frameAt(world, me, me.read + parent.taken);
    if (frame.value === 0) broken("I4", "a frame is read before it is written");
    else take(world, me, frame, broken);
    frame.task = 0;
    frame.generation = 0;
    frame.value = 0;
  }
}

/** The store of the ring's head. */
export function commit(world: World, worker: number): void {
  const me = item(world.workers, worker);
  for (; world.parent.taken > 0; world.parent.taken -= 1) me.read = nextFrame(me.read);
}

function take(
  world: World,
  me: Worker,
  { task, generation, value }: { task: number; generation: number; value: number },
  broken: Broken,
): void {
  const cell = item(world.tasks, task);
  const isCurrent = cell.isInUse === 1 && generation === generationOf(cell.position);
  if (!isCurrent || cell.request === 0) return;
  if (cell.tag !== CLAIMED || cell.owner !== me.slot)
    broken("I4", "a frame names a task that its worker has not claimed");
  if (cell.request !== value) broken("I4", "a result was made of another request's payload");
  settle(world, task, DONE, broken);
  release(world, task);
}

/** `claimedBy`: the tasks in use that a worker owns, a bit each. */
function claimedBy({ tasks }: World, slot: number): number {
  let found = 0;
  for (const [task, { isInUse, tag, owner }] of tasks.entries()) {
    if (isInUse === 1 && tag === CLAIMED && owner === slot) found |= 1 << task;
  }
  return found;
}

/**
 * `Burial.settle`: fails what a dead worker held. The worker claims no more, so the states of its tasks do not change.
 */
export function recover(world: World, worker: number, broken: Broken): void {
  const me = item(world.workers, worker);
  me.held = claimedBy(world, me.slot);
  for (const task of world.tasks.keys()) {
    if ((me.held & (1 << task)) === 0 || item(world.tasks, task).request === 0) continue;
    if (hasResultOf(world, me, task))
      broken("I7", "a request fails although its worker has published the result");
    settle(world, task, DIED, broken);
  }
}

/** Whether a result of the task is published in the ring and not read. */
function hasResultOf(world: World, me: Worker, task: number): boolean {
  for (let i = 0; i < frameDistance(me.read, me.tail); i++) {
    const frame = frameAt(world, me, me.read + i);
    if (frame.value === item(world.tasks, task).request) return true;
  }
  return false;
}
