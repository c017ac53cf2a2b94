import type { TakenChild } from "../../../../native-queue/board-taker.ts";
import type { Actor, World } from "./world.ts";

/** The request that the trees of all scenes belong to. */
const ROOT = { task: 0, generation: 0 } as const;

export interface OwnerSettings {
  readonly slot: number;
  /** The children that it offers, each a number from 1 to 99. */
  readonly children: readonly number[];
  /** Whether it tries to take back what nobody has taken, as a parent does that waits. */
  readonly takesBack?: boolean;
  /** Whether it runs children of others while it waits. */
  readonly helps?: boolean;
}

/** What the mark and the payload of a child must be. */
export function markOf(child: number): number {
  return child * 3;
}
export function payloadOf(child: number): Uint8Array {
  return Uint8Array.of(child);
}
/** What its outcome must be. */
function outcomeOf(child: number): number {
  return 100 + child;
}

/**
 * Offers children one after the other, and waits for the outcome of each: as `Sharing` of `src/fork-join` does. Notes what has become
 * of each child.
 */
export function runOwner(actor: Actor, world: World, settings: OwnerSettings): void {
  const { queue, views } = world;
  const { slot, children, takesBack = false, helps = false } = settings;
  const gate = new queue.WorkerGate(views, slot);
  queue.announceStart(views, slot);
  const board = new queue.BoardOwner(gate);
  for (const child of children) {
    const cell = board.freeCell();
    if (cell === queue.NO_CELL) throw new Error("No cell is free.");
    actor.checkpoint("offers", child, cell, gate, board);
    if (!board.offer(cell, ROOT, markOf(child), payloadOf(child))) return;
    actor.checkpoint("has offered", child, cell, gate, board);
    if (takesBack && board.tryTakeBack(cell)) {
      actor.note({ child, outcome: "in place" });
      continue;
    }
    const outcome = awaitOutcome(actor, world, settings, gate, board, cell, helps);
    if (outcome === undefined) return;
    actor.note({ child, outcome });
    if (typeof outcome === "number" && outcome !== outcomeOf(child))
      throw new Error(`The outcome is not that of the child: child=${child}`);
    actor.checkpoint("has an outcome", child, gate, board);
  }
}

type Board = InstanceType<World["queue"]["BoardOwner"]>;
type Gate = InstanceType<World["queue"]["WorkerGate"]>;

function awaitOutcome(
  actor: Actor,
  { queue, views }: World,
  { slot, takesBack = false }: OwnerSettings,
  gate: Gate,
  board: Board,
  cell: number,
  helps: boolean,
): number | string | undefined {
  for (;;) {
    const state = board.stateOf(cell);
    actor.checkpoint("has looked", state, cell, gate, board);
    if (state === "done") {
      const { status, payload } = board.outcomeOf(cell);
      board.free(cell);
      return status + (payload[0] as number);
    }
    if (state === "lost") {
      board.free(cell);
      return "lost";
    }
    if (state === "part") {
      const part = board.outcomeOf(cell).payload[0];
      if (part !== 7) throw new Error("A part is not what was sent.");
      board.partIsRead(cell);
      continue;
    }
    if (state === "offered" && takesBack) {
      if (board.tryTakeBack(cell)) return "in place";
      // A killed owner waits for its thread to be stopped.
      if (!gate.tryEnter()) return undefined;
      gate.leave();
      continue;
    }
    const look = (): boolean => {
      const seen = board.stateOf(cell);
      return seen !== "taken" && (seen !== "offered" || takesBack);
    };
    const announce = (): void => {
      if (helps) queue.enterHelpers(gate, ROOT.task);
    };
    for (const unparked of queue.parkRounds(views, slot, { announce, look, blockMs: Infinity })) {
      if (unparked !== undefined) actor.awaits(unparked);
      actor.checkpoint("is woken", cell, gate, board);
    }
    if (helps) queue.leaveHelpers(gate);
  }
}

export interface TakerSettings {
  readonly slot: number;
  /** It ends after so many children. */
  readonly most: number;
  /** Whether it sends a part of the outcome before. */
  readonly inParts?: boolean;
}

/** Takes children and runs them, as a worker without a request does. Notes each child that it has run. */
export function runTaker(actor: Actor, world: World, settings: TakerSettings): void {
  const { queue, views } = world;
  const { slot, most, inParts = false } = settings;
  const gate = new queue.WorkerGate(views, slot);
  queue.announceStart(views, slot);
  for (let done = 0; done < most;) {
    actor.checkpoint("looks for a child", most - done, gate);
    const taken = gate.takeChild(() =>
      queue.takeChild(gate, slot, 0, { rootTask: undefined, accepts: () => true }),
    );
    if (taken === undefined) {
      if (!gate.tryEnterToClaim()) return;
      const unparked = queue.awaitWork(gate, 0, Infinity);
      if (unparked !== undefined) actor.awaits(unparked);
      continue;
    }
    actor.checkpoint("has taken", most - done, taken, gate);
    queue.endSearchWithChild(gate);
    if (!gate.leave()) return;
    const child = childOf(taken);
    actor.note({ ran: child });
    actor.checkpoint("has run", most - done, child, taken, gate);
    if (inParts) sendPart(actor, world, gate, taken, most - done);
    queue.finishChild(gate, taken, 90, Uint8Array.of(10 + child));
    done += 1;
  }
}

function childOf({ payload, mark }: TakenChild): number {
  const child = payload[0] as number;
  if (mark !== markOf(child)) throw new Error(`The mark is not that of the child: child=${child}`);
  return child;
}

function sendPart(
  actor: Actor,
  { queue, views }: World,
  gate: Gate,
  taken: TakenChild,
  left: number,
): void {
  queue.sendPart(gate, taken, Uint8Array.of(7));
  const look = (): boolean => queue.isPartRead(views, taken);
  for (const unparked of queue.parkRounds(views, gate.worker, { look, blockMs: Infinity })) {
    if (unparked !== undefined) actor.awaits(unparked);
    actor.checkpoint("waits to send", left, taken, gate);
  }
}
