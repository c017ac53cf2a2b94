/** What may happen to a worker next: its own steps, and its end, which it causes itself or not. */
import { isRunning, stopWaiting, vanish } from "./death.ts";
import type { Move, MoveKind } from "./explorer/model.ts";
import { isMoved, leave } from "./gate.ts";
import type { Program } from "./program.ts";
import { ALIVE, KILLED, NO_WAITER, WOKEN, item } from "./world.ts";
import type { Worker, World } from "./world.ts";
import { RUNS } from "./worker.ts";

/** The steps at which workers sleep: blocked, or while their event loop turns. */
const BLOCKED = ["wakes up, with work", "wakes up, with space"];
const PROMISED = ["gets its promised work", "gets its promised space"];
const ASKS_FOR_PROMISE = ["asks for a promise of work", "asks for a promise of space"];

/** Whether a worker at this step sleeps, or goes on because it was woken. */
export function isSleep(name: string): boolean {
  return BLOCKED.includes(name) || PROMISED.includes(name);
}

export function workerMoves(world: World, steps: Program<Worker>, number: number): Move[] {
  const { config, workers } = world;
  const runs = steps.number(RUNS);
  const me = item(workers, number);
  const actor = `worker ${number}`;
  const thread = number + 1;
  const take = (kind: MoveKind, isNow: () => boolean): Move => ({
    actor,
    thread,
    kind,
    name: () => steps.nameOf(me),
    make: () => isRunning(me) && isNow() && steps.take(me),
  });
  const moves = [take("step", () => me.at !== runs), take("callable", () => me.at === runs)];
  if (config.kills > 0) moves.push(stop(world, me, actor, thread + workers.length));
  if (config.crashes > 0) moves.push(crash(world, me, actor, thread));
  if (config.exits > 0) {
    moves.push(turn(world, steps, me, actor, thread));
    moves.push(exit(world, steps, me, actor, thread), timeOut(world, steps, me, actor, thread));
  }
  return moves;
}

/**
 * The end of a killed worker. The system ends the thread, whatever the thread does, so it counts as a thread of its
 * own.
 */
function stop(world: World, me: Worker, actor: string, thread: number): Move {
  return {
    actor,
    thread,
    kind: "step",
    name: () => "is stopped by the system",
    make: () => {
      if (me.life !== KILLED) return false;
      vanish(world, me);
      return true;
    },
  };
}

/** Whether the parent waits for a worker to leave the queue. Such a worker does not crash: the wait would never end. */
function isAwaited({ slots }: World, { slot }: Worker): boolean {
  return !isMoved(item(slots, slot));
}

function crash(world: World, me: Worker, actor: string, thread: number): Move {
  return {
    actor,
    thread,
    kind: "choice",
    name: () => "vanishes",
    make: () => {
      if (me.life !== ALIVE || world.left.crashes === 0 || isAwaited(world, me)) return false;
      world.left.crashes -= 1;
      vanish(world, me);
      return true;
    },
  };
}

/**
 * The worker leaves the queue before its next claim, because its event loop is due or its callable was asynchronous.
 */
function turn(
  world: World,
  steps: Program<Worker>,
  me: Worker,
  actor: string,
  thread: number,
): Move {
  const claims = steps.number("reads head");
  return {
    actor,
    thread,
    kind: "choice",
    name: () => "takes a turn of its event loop",
    make: () => {
      if (me.life !== ALIVE || me.at !== claims || me.isSearching === 1 || me.head !== 0)
        return false;
      me.at = steps.number(leave(item(world.slots, me.slot), "enters its gate"));
      return true;
    },
  };
}

/** A callable calls process.exit, or code that it has left behind in the worker's event loop does. */
function exit(
  world: World,
  steps: Program<Worker>,
  me: Worker,
  actor: string,
  thread: number,
): Move {
  const betweenRequests = steps.number("enters its gate");
  const places = new Set([RUNS, ...PROMISED].map((name) => steps.number(name)));
  const end = steps.number("announces its end");
  return {
    actor,
    thread,
    kind: "choice",
    name: () => "calls process.exit",
    make: () => {
      const isTurn = me.at === betweenRequests && me.isSearching === 0;
      if (me.life !== ALIVE || world.left.exits === 0 || !(isTurn || places.has(me.at)))
        return false;
      world.left.exits -= 1;
      stopWaiting(world, me);
      me.holds = 0;
      me.task = 0;
      me.value = 0;
      me.at = end;
      return true;
    },
  };
}

/** A blocked worker goes on waiting while its event loop turns, where it can call process.exit. */
function timeOut(
  { slots }: World,
  steps: Program<Worker>,
  me: Worker,
  actor: string,
  thread: number,
): Move {
  const blocked = BLOCKED.map((name) => steps.number(name));
  const next = ASKS_FOR_PROMISE.map((name) => steps.number(name));
  return {
    actor,
    thread,
    kind: "choice",
    name: () => "has blocked for long enough",
    make: () => {
      const sleep = blocked.indexOf(me.at);
      const slot = item(slots, me.slot);
      if (!isRunning(me) || sleep === -1 || slot.waiter === WOKEN) return false;
      slot.waiter = NO_WAITER;
      me.at = next[sleep] as number;
      return true;
    },
  };
}
