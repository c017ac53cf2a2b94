import type { WorkerGate } from "../../../../native-queue/gate.ts";
import type { SpinLimit } from "../../../../native-queue/park-until.ts";
import type { ResultWriter } from "../../../../native-queue/result-ring.ts";
import type { Actor, Signal, World } from "./world.ts";

export interface WorkerSettings {
  readonly slot: number;
  readonly ring?: SharedArrayBuffer;
  /** Milliseconds to block before the wait goes on as a promise: 0, some (then the limit may run out), Infinity. */
  readonly blockMs?: number;
  readonly wakesForClaims?: boolean;
  /** The worker ends after so many requests, as a callable does that exits. */
  readonly most?: number;
  /** Whether each request has an out-of-band message that the worker asks for. */
  readonly fetches?: boolean;
}

/** The exit code of every worker that ends without being killed. */
export const EXIT_CODE = 7;

/** The status of a frame that holds a result. */
export const RESULT = 1;
/** The status of a frame that asks for the out-of-band message of its task. */
export const FETCH = 2;

/** The one request whose result is so long that the ring has to free more than one other frame for it. */
export const LONG = 9;

/** What the payload of a request must be. */
export function payloadOf(request: number): number {
  return (request * 0x0101_0101) | 0;
}
/** What its result must be. Neither half of the double is 0. */
export function resultOf(request: number): number {
  return request / 3;
}
/** How many bytes its result has; it stands in the first 8. */
export function resultBytesOf(request: number): number {
  return request === LONG ? 48 : 8;
}

/** The message port of a worker: it holds the request whose message was posted last. */
export function portOf(actor: Actor, slot: number): Signal {
  return actor.signal(`port of worker ${slot}`);
}

/**
 * Runs requests until the worker is dismissed, as `RunLoop` does. Notes each request that it has run, and each
 * whose result it has published.
 */
export function runWorker(actor: Actor, world: World, options: WorkerSettings): void {
  const { queue, views } = world;
  const { slot, wakesForClaims = false, most = Infinity, blockMs = Infinity } = options;
  const writer = options.ring && new queue.ResultWriter(options.ring);
  const gate = new queue.WorkerGate(views, slot, wakesForClaims);
  const inbox = new Inbox(actor, world, slot);
  queue.announceStart(views, slot);
  let isSearching = true;
  let isOffersTurn = false;
  for (let done = 0; done < most;) {
    const left = most - done;
    actor.checkpoint("look", isSearching, isOffersTurn, left, writer, gate, inbox);
    const task = isOffersTurn ? gate.claimOfferedFirst() : gate.claim();
    isOffersTurn = false;
    actor.checkpoint("have looked", task, isSearching, left, writer, gate, inbox);
    if (task === queue.STOPPED) {
      // A killed worker waits for its thread to be stopped.
      if (!queue.stopSearch(gate)) return;
      break;
    }
    if (task === queue.EMPTY) {
      isSearching = true;
      isOffersTurn = gate.hasOffers;
      if (isOffersTurn) continue;
      const unparked = queue.awaitWork(gate, 0, blockMs);
      if (unparked !== undefined) actor.awaits(unparked);
      continue;
    }
    if (isSearching) {
      isSearching = false;
      queue.endSearch(gate);
    }
    actor.checkpoint("found", task, left, writer, gate, inbox);
    if (!gate.leave()) return;
    const request = readRequest(world, task);
    if (options.fetches === true)
      fetchMessage(actor, world, options, gate, writer as ResultWriter, inbox, task, request);
    actor.note(request);
    actor.checkpoint("have run", task, request, left, writer, gate, inbox);
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

/** Sends the result of a request, as `Responder` and `Outbox` do. Stays at the queue when it is published. */
export function reply(
  actor: Actor,
  { queue, views }: World,
  { blockMs = Infinity }: WorkerSettings,
  gate: WorkerGate,
  writer: ResultWriter,
  task: number,
  request: number,
): void {
  const tryPublish = (): boolean => {
    const at = writer.tryReserve(resultBytesOf(request));
    if (at === queue.FULL) return false;
    writer.floats[at / 8] = resultOf(request);
    const generation = queue.generationOfTask(views, task);
    // What a killed worker would publish is dropped.
    if (!gate.tryEnter()) return true;
    writer.publish(task, generation, RESULT, resultBytesOf(request));
    actor.note({ published: request });
    queue.wakeParent(views);
    return true;
  };
  if (tryPublish()) return;
  for (const unparked of queue.spaceRounds(gate, writer, tryPublish, blockMs)) {
    if (unparked !== undefined) actor.awaits(unparked);
    actor.checkpoint("full", task, request, writer, gate);
  }
}

/** What a worker has read of its port, as `Inbox` of `src/worker` keeps it. */
class Inbox {
  readonly actor: Actor;
  readonly world: World;
  readonly slot: number;
  postedSeen = 0;

  constructor(actor: Actor, world: World, slot: number) {
    this.actor = actor;
    this.world = world;
    this.slot = slot;
  }

  /** The request whose message was posted since the last call; 0 when there is none. */
  take(): number {
    const { queue, views } = this.world;
    const posted = queue.postedCount(views, this.slot);
    if (posted === this.postedSeen) return 0;
    this.postedSeen = posted;
    return portOf(this.actor, this.slot).get();
  }
}

/** One look at the counter decides whether the worker blocks. */
const NO_SPIN: SpinLimit = { us: 0, sufficed: () => {}, failed: () => {} };

/** Asks for the message of a claimed request and waits for it, as `OutOfBandFetcher` does. */
function fetchMessage(
  actor: Actor,
  { queue, views }: World,
  { slot, blockMs = Infinity }: WorkerSettings,
  gate: WorkerGate,
  writer: ResultWriter,
  inbox: Inbox,
  task: number,
  request: number,
): void {
  const tryAsk = (): boolean => {
    if (writer.tryReserve(0) === queue.FULL) return false;
    const generation = queue.generationOfTask(views, task);
    if (!gate.tryEnter()) return true;
    writer.publish(task, generation, FETCH, 0);
    queue.wakeParent(views);
    gate.leave();
    return true;
  };
  if (!tryAsk()) {
    for (const unparked of queue.spaceRounds(gate, writer, tryAsk, blockMs)) {
      if (unparked !== undefined) actor.awaits(unparked);
      actor.checkpoint("no space to ask", task, request, writer, gate, inbox);
    }
  }
  actor.checkpoint("have asked", task, request, writer, gate, inbox);
  const look = (): boolean => {
    const posted = inbox.take();
    if (posted !== 0 && posted !== request)
      throw new Error(`The message is that of another request: request=${posted}`);
    return posted === request;
  };
  for (const unparked of queue.parkRounds(views, slot, { look, spin: NO_SPIN, blockMs })) {
    if (unparked !== undefined) actor.awaits(unparked);
    actor.checkpoint("no message", task, request, writer, gate, inbox);
  }
}
