/** What the parent may do next: its own steps, what its user asks of it, and what its event loop brings. */
import type { Broken } from "./broken.ts";
import type { Move, MoveKind } from "./explorer/model.ts";
import { canDeliver, isPending } from "./parent.ts";
import type { ParentProgram } from "./parent.ts";
import { isPresent } from "./parent-react.ts";
import { dismiss } from "./parent-dismiss.ts";
import { PLAIN_STORES, isPutTogether, show } from "./parent-group.ts";
import { cancel } from "./parent-put.ts";
import { AT_EVENT_LOOP } from "./parent-wait.ts";
import type { Program } from "./program.ts";
import { ASLEEP, CLOSED, GONE, NO_WAITER, NO_CHANNEL, item } from "./world.ts";
import type { Parent, World } from "./world.ts";

/** Number of the parent's thread. */
export const PARENT_THREAD = 0;

/** The program of the parent, and its first steps after what comes from outside. */
interface Parts {
  readonly world: World;
  readonly steps: Program<Parent>;
  readonly program: ParentProgram;
  readonly broken: Broken;
}

export function parentMoves(parts: Parts): Move[] {
  const { parent, config, workers } = parts.world;
  const moves: Move[] = [
    {
      actor: "parent",
      thread: PARENT_THREAD,
      kind: "step",
      name: () => parts.steps.nameOf(parent),
      make: () => parts.steps.take(parent),
    },
    put(parts),
  ];
  if (isPutTogether(parts.world))
    for (const [store, name] of PLAIN_STORES) moves.push(visibility(parts, store, name));
  if (config.parent !== "event loop") moves.push(wait(parts));
  if (config.parent !== "blocks") moves.push(turn(parts));
  if (config.cancels > 0)
    for (const request of parts.world.requests.keys()) moves.push(cancellation(parts, request));
  for (const worker of workers.keys()) {
    if (config.kills > 0) moves.push(termination(parts, worker));
    if (config.dismissals > 0) moves.push(dismissal(parts, worker));
    moves.push(end(parts, worker));
  }
  return moves;
}

/** A move that begins when the parent is in its event loop. `begin` returns the next step. */
function move(
  { world: { parent }, steps }: Parts,
  kind: MoveKind,
  name: string,
  begin: () => string | undefined,
): Move {
  const atEventLoop = steps.number(AT_EVENT_LOOP);
  return {
    actor: "parent",
    thread: PARENT_THREAD,
    kind,
    name: () => name,
    make: () => {
      if (parent.at !== atEventLoop) return false;
      const next = begin();
      if (next !== undefined) parent.at = steps.number(next);
      return next !== undefined;
    },
  };
}

function put(parts: Parts): Move {
  const { parent, config } = parts.world;
  return move(parts, "choice", "puts a request", () =>
    parent.next < config.requests ? parts.program.beginPut(parent) : undefined,
  );
}

/** A plain store of the parent becomes visible to the others. */
function visibility({ world }: Parts, store: number, name: string): Move {
  return {
    actor: "parent",
    thread: PARENT_THREAD,
    kind: "step",
    name: () => name,
    make: () => show(world, world.parent, store),
  };
}

/** The blocking wait. The user makes it sooner or later when there is no event loop that delivers. */
function wait(parts: Parts): Move {
  const { world, program } = parts;
  const kind = world.config.parent === "both" ? "choice" : "step";
  return move(parts, kind, "waits for all results", () =>
    isPending(world) && canDeliver(world) ? program.beginWait(world.parent) : undefined,
  );
}

function turn(parts: Parts): Move {
  const { parent } = parts.world;
  return move(parts, "step", "takes a turn", () => {
    if (parent.promise === ASLEEP) return undefined;
    if (parent.promise === NO_WAITER && !isPending(parts.world)) return undefined;
    parent.promise = NO_WAITER;
    return parts.program.beginTurn(parent);
  });
}

function cancellation(parts: Parts, request: number): Move {
  const { world, program, broken } = parts;
  return move(parts, "choice", `cancels request ${request}`, () => {
    if (world.left.cancels === 0 || !cancel(world, request, broken)) return undefined;
    world.left.cancels -= 1;
    return program.beginRefill(world.parent);
  });
}

function termination(parts: Parts, number: number): Move {
  const { parent, left, workers } = parts.world;
  return move(parts, "choice", `terminates worker ${number}`, () => {
    if (left.kills === 0 || !isPresent(item(workers, number))) return undefined;
    left.kills -= 1;
    parent.worker = number;
    return "shuts the gate";
  });
}

function dismissal(parts: Parts, number: number): Move {
  return move(parts, "choice", `dismisses worker ${number}`, () => dismiss(parts.world, number));
}

/** The system says that a thread is gone, by the `close` event. */
function end(parts: Parts, number: number): Move {
  const worker = item(parts.world.workers, number);
  return move(parts, "step", `hears that worker ${number} is gone`, () => {
    const { life, channel } = worker;
    if (life !== GONE || channel === CLOSED || channel === NO_CHANNEL) return undefined;
    return parts.program.hearOfEnd(number);
  });
}
