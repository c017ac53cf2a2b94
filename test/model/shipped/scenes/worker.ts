/** What a worker does with the queue: `src/run-loop.ts`, `worker-outbox.ts` and `worker-main.ts`, without callables. */
import type { WorkerGate } from "../../../../native-queue/gate.ts";
import type { ResultWriter } from "../../../../native-queue/result-ring.ts";
import type { Actor, World } from "./world.ts";

export interface WorkerSettings {
  readonly slot: number;
  readonly ring?: SharedArrayBuffer;
  /** Milliseconds to block before the wait goes on as a promise: 0, some (then the limit may run out), Infinity. */
  readonly blockMs?: number;
  readonly wakesForClaims?: boolean;
  /** Ends after so many requests, as a callable does that exits. */
  readonly most?: number;
}

/** With what every worker ends that is not killed. */
export const EXIT_CODE = 7;

/** What the payload of a request must be. */
export function payloadOf(request: number): number {
  return (request * 0x0101_0101) | 0;
}
/** What its result must be; both halves of the double say something. */
export function resultOf(request: number): number {
  return request / 3;
}

/** Runs requests until dismissed. Notes each request that it has run. */
export function runWorker(actor: Actor, world: World, options: WorkerSettings): void {
  const { queue, views } = world;
  const { slot, blockMs = Infinity, wakesForClaims = false, most = Infinity } = options;
  const writer = options.ring && new queue.ResultWriter(options.ring);
  const gate = new queue.WorkerGate(views, slot, wakesForClaims);
  queue.announceStart(views, slot);
  let isSearching = true;
  for (let done = 0; done < most;) {
    const left = most - done;
    actor.checkpoint("look", isSearching, left, writer, gate);
    const task = gate.claim();
    actor.checkpoint("have looked", task, isSearching, left, writer, gate);
    if (task === queue.STOPPED) {
      // Killed: it waits for its thread to be stopped.
      if (!queue.stopSearch(gate)) return;
      break;
    }
    if (task === queue.EMPTY) {
      isSearching = true;
      const unparked = queue.awaitWork(gate, 0, blockMs);
      if (unparked !== undefined) actor.awaits(unparked);
      continue;
    }
    if (isSearching) {
      isSearching = false;
      queue.endSearch(gate);
    }
    actor.checkpoint("found", task, left, writer, gate);
    if (!gate.leave()) return;
    const request = readRequest(world, task);
    actor.note(request);
    actor.checkpoint("have run", task, request, left, writer, gate);
    if (writer !== undefined) reply(actor, world, options, gate, writer, task, request);
    done += 1;
  }
  gate.leave();
  queue.announceEnd(views, slot, EXIT_CODE);
}

/** Reads a claimed request. Throws when its payload is not what was put with it. */
export function readRequest({ queue, views }: World, task: number): number {
  const first = views.task(task);
  const request = views.words[first + queue.TASK_CALLABLE] as number;
  const payload = views.words[views.inline(task) >> 2];
  if (payload !== payloadOf(request))
    throw new Error(`The payload is not that of the request: request=${request}`);
  return request;
}

/** Sends the result of a request, as `Responder` does. Stays at the queue when it is published. */
export function reply(
  actor: Actor,
  { queue, views }: World,
  { blockMs = Infinity }: WorkerSettings,
  gate: WorkerGate,
  writer: ResultWriter,
  task: number,
  request: number,
): void {
  // `Outbox.tryPublishNumber`
  const tryPublish = (): boolean => {
    const at = writer.tryReserve(8);
    if (at === queue.FULL) return false;
    writer.floats[at / 8] = resultOf(request);
    const generation = queue.generationOfTask(views, task);
    // What a killed worker would publish is dropped.
    if (!gate.tryEnter()) return true;
    writer.publish(task, generation, 1, 8);
    queue.wakeParent(views);
    return true;
  };
  if (tryPublish()) return;
  for (const unparked of queue.spaceRounds(gate, writer, tryPublish, blockMs)) {
    if (unparked !== undefined) actor.awaits(unparked);
    actor.checkpoint("full", task, request, writer, gate);
  }
}
