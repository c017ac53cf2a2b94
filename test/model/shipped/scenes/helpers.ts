import { markOf, payloadOf } from "./children.ts";
import type { Actor, Signal, World } from "./world.ts";

/** Owners and takers whose waits and wake-ups are those of `Sharing`, `Taker` and `BufferNames` of `src/fork-join`. */

/** The root of a tree in these scenes: the task of a request that a worker runs. */
function rootOf(task: number): { readonly task: number; readonly generation: number } {
  return { task, generation: 0 };
}

/** Arranges that the requests of two tasks run, so that their trees are not over. */
export function claimRoots({ queue, views, words }: World): void {
  for (const task of [0, 1]) words[views.state(task)] = queue.packClaimed(0, task);
}

export interface OffererSettings {
  readonly slot: number;
  readonly children: readonly number[];
  readonly root: number;
  /** The root of the second child and those after it, when that is another one. */
  readonly nextRoot?: number;
  /** Whether it takes each child back that nobody has taken yet. */
  readonly takesBack?: boolean;
  /** Whether it offers all children before it waits for the first. */
  readonly together?: boolean;
  /** Whether it begins only when the parent of the pool says so. */
  readonly waitsForParent?: boolean;
  /** The child that it asks to stop when another worker has taken it. */
  readonly stops?: number;
  /** Whether it gives a buffer with each child, whose number is the payload. */
  readonly posts?: readonly number[];
}

export function startSignal(actor: Actor): Signal {
  return actor.signal("start of the owner");
}

function portOf(actor: Actor, slot: number): Signal {
  return actor.signal(`channel of worker ${slot}`);
}
function listensOf(actor: Actor, slot: number): Signal {
  return actor.signal(`worker ${slot} listens`);
}
export function takenOf(actor: Actor, child: number): Signal {
  return actor.signal(`child ${child} is taken`);
}
function forgottenOf(actor: Actor, child: number): Signal {
  return actor.signal(`the buffer of child ${child} is forgotten`);
}

type Gate = InstanceType<World["queue"]["WorkerGate"]>;
type Board = InstanceType<World["queue"]["BoardOwner"]>;

/** Offers children that it never takes back: it depends on the others. */
export function runOfferer(actor: Actor, world: World, settings: OffererSettings): void {
  const { queue, views } = world;
  const { slot, children, together = false, waitsForParent = false } = settings;
  if (waitsForParent) startSignal(actor).until();
  const gate = new queue.WorkerGate(views, slot);
  queue.announceStart(views, slot);
  const board = new queue.BoardOwner(gate);
  const cells: number[] = [];
  for (const child of children) {
    const cell = board.freeCell();
    actor.checkpoint("offers", child, cell, cells, gate, board);
    const listeners = settings.posts === undefined ? 0 : post(actor, world, gate, settings.posts);
    const payload = Uint8Array.of(...payloadOf(child), listeners);
    const root = child === children[0] ? settings.root : (settings.nextRoot ?? settings.root);
    if (!board.offer(cell, rootOf(root), markOf(child), payload)) return;
    if (settings.takesBack === true && board.tryTakeBack(cell)) continue;
    cells.push(cell);
    if (!together) awaitOutcome(actor, world, settings, gate, board, child, cell);
  }
  if (!together) return;
  for (const [i, child] of children.entries())
    awaitOutcome(actor, world, settings, gate, board, child, cells[i] as number);
}

/** As `BufferNames.numberOf`: posts to all that listen by now. Returns how many had said so before. */
function post(actor: Actor, { queue, views }: World, gate: Gate, to: readonly number[]): number {
  const listeners = queue.listenersSoFar(views);
  const number = queue.nextBufferNumber(gate);
  actor.note({ number });
  for (const slot of to) if (listensOf(actor, slot).get() === 1) portOf(actor, slot).set(number);
  return listeners;
}

function awaitOutcome(
  actor: Actor,
  { queue, views }: World,
  { slot, stops }: OffererSettings,
  gate: Gate,
  board: Board,
  child: number,
  cell: number,
): void {
  if (stops === child) {
    takenOf(actor, child).until();
    board.requestStop(cell);
  }
  for (;;) {
    const state = board.stateOf(cell);
    actor.checkpoint("has looked", state, child, cell, gate, board);
    if (state === "done" || state === "lost") {
      if (forgottenOf(actor, child).get() === 1)
        throw new Error("A buffer is forgotten before its outcome is read.");
      board.free(cell);
      actor.note({ child, outcome: state });
      return;
    }
    const look = (): boolean => !["offered", "taken"].includes(board.stateOf(cell));
    for (const unparked of queue.parkRounds(views, slot, { look, blockMs: Infinity })) {
      if (unparked !== undefined) actor.awaits(unparked);
      actor.checkpoint("is woken", child, cell, gate, board);
    }
  }
}

export interface HelperSettings {
  readonly slot: number;
  readonly root: number;
  /** So many children it takes, then it waits no more. */
  readonly most: number;
  /** The child that it runs until that is to stop. The others must not be stopped. */
  readonly untilStopped?: number;
  /** Whether it forgets the buffers of outcomes that were read. */
  readonly forgets?: boolean;
  /** Whether it listens for buffers. */
  readonly listens?: boolean;
}

/** Waits for children of one tree, as a helper does, and runs them. */
export function runHelper(actor: Actor, world: World, settings: HelperSettings): void {
  const { queue, views } = world;
  const { slot, root, most, listens = false } = settings;
  const gate = new queue.WorkerGate(views, slot);
  queue.announceStart(views, slot);
  let listener = 0;
  if (listens) {
    listensOf(actor, slot).set();
    listener = queue.noteListener(gate);
    actor.note({ listener });
  }
  for (let done = 0; done < most;) {
    actor.checkpoint("looks for a child", done, listener, gate);
    const version = queue.boardVersion(views);
    const taken = gate.tryEnter()
      ? queue.takeChild(gate, slot, 0, { rootTask: root, accepts: () => true })
      : undefined;
    if (taken !== undefined) queue.handOnHelp(gate, root);
    if (!gate.leave()) return;
    if (taken === undefined) {
      const announce = (): void => queue.enterHelpers(gate, root);
      const look = (): boolean => queue.boardVersion(views) !== version;
      for (const unparked of queue.parkRounds(views, slot, { announce, look, blockMs: Infinity })) {
        if (unparked !== undefined) actor.awaits(unparked);
        actor.checkpoint("is woken", done, version, listener, gate);
      }
      queue.leaveHelpers(gate);
      // A killed helper waits for its thread to be stopped.
      if (!gate.tryEnter()) return;
      gate.leave();
      continue;
    }
    if (taken.root.task !== root) throw new Error("A helper has a child of another tree.");
    const child = taken.payload[0] as number;
    actor.note({ ran: child });
    takenOf(actor, child).set();
    if (listens && (taken.payload[1] as number) >= listener && portOf(actor, slot).get() === 0)
      throw new Error("A buffer that should be on its way never comes.");
    if (settings.untilStopped === child) awaitStop(actor, world, gate, taken, done);
    else if (queue.isChildStopped(views, taken))
      throw new Error("A child is stopped that must not be.");
    queue.finishChild(gate, taken, 1, Uint8Array.of(child));
    if (settings.forgets === true && queue.isOutcomeRead(views, taken))
      forgottenOf(actor, child).set();
    done += 1;
  }
}

function awaitStop(
  actor: Actor,
  { queue, views }: World,
  gate: Gate,
  taken: Parameters<World["queue"]["isChildStopped"]>[1],
  done: number,
): void {
  const look = (): boolean => queue.isChildStopped(views, taken);
  for (const unparked of queue.parkRounds(views, gate.worker, { look, blockMs: Infinity })) {
    if (unparked !== undefined) actor.awaits(unparked);
    actor.checkpoint("is not stopped", done, taken, gate);
  }
}
