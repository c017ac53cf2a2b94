/** The protocol as a model for the explorer: the programs of all threads, and what may befall them. */
import { FIRST_POSITION } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";
import { isRunning, start, stopWaiting, vanish } from "./death.ts";
import type { Model, Move, MoveKind, Violation } from "./explorer/model.ts";
import { checkQuiet, checkState, checkStep } from "./invariants.ts";
import { AT_EVENT_LOOP, canDeliver, isPending, parentProgram } from "./parent.ts";
import type { ParentProgram } from "./parent.ts";
import { hearOfEnd, shutGate } from "./parent-collect.ts";
import { cancel } from "./parent-put.ts";
import { Program } from "./program.ts";
import type { Steps } from "./program.ts";
import {
  ALIVE,
  ASLEEP,
  CLOSED,
  DISMISSED,
  FRESH,
  GONE,
  KILLED,
  NOBODY,
  NO_CHANNEL,
  OPEN,
  RUNNING,
  WOKEN,
  WorldBuilder,
  item,
} from "./world.ts";
import type { Parent, Worker, World } from "./world.ts";
import { addToPark, notify } from "./waking.ts";
import { RUNS, WORKER_BEGINS, WORKER_SLEEPS, privateSteps, workerSteps } from "./worker.ts";
import type { Broken } from "./broken.ts";

/** A variation of the protocol: steps that are taken in place of the ones of the same names. */
export interface Mutation {
  /** Invariants that it breaks at once, and that are not looked at, so that the story goes on to what comes of it. */
  readonly ignores?: readonly string[];
  worker?(world: World, original: Steps<Worker>): Steps<Worker>;
  /** Does it depend on the order of steps that nobody notices otherwise? */
  readonly isFine?: boolean;
  parent?(world: World, original: Steps<Parent>, broken: Broken): Steps<Parent>;
}

const PARENT = 0;
const BLOCKED_SLEEPS = ["wakes up, with work", "wakes up, with space"];
const PROMISED = { work: "gets its promised work", space: "gets its promised space" };

export class ProtocolModel implements Model {
  readonly layout: WorldBuilder["layout"];
  readonly bytes: Uint8Array;
  readonly bytesBefore: Uint8Array;
  readonly moves: readonly Move[];
  readonly #world: World;
  readonly #before: World;
  readonly #workers: Program<Worker>;
  readonly #parent: Program<Parent>;
  readonly #ignores: readonly string[];
  #broken: Violation | undefined;

  constructor(config: Configuration, mutation: Mutation = {}) {
    this.#ignores = mutation.ignores ?? [];
    const builder = new WorldBuilder(config);
    this.layout = builder.layout;
    this.#world = builder.build();
    this.#before = builder.build();
    this.bytes = this.#world.bytes;
    this.bytesBefore = this.#before.bytes;
    const broken: Broken = (invariant, what) => {
      this.#broken ??= { invariant, what };
    };
    const workers = workerSteps(this.#world, broken);
    this.#workers = new Program(
      { ...workers, ...mutation.worker?.(this.#world, workers) },
      mutation.isFine === true ? [] : privateSteps(this.#world),
    );
    const begins = this.#workers.number(WORKER_BEGINS);
    const parent = parentProgram(this.#world, begins, broken);
    this.#parent = new Program({
      ...parent.steps,
      ...mutation.parent?.(this.#world, parent.steps, broken),
    });
    this.moves = [
      this.#parentStep(),
      ...this.#userMoves(parent, broken),
      ...this.#eventMoves(parent),
      ...this.#world.workers.flatMap((worker, number) => this.#workerMoves(worker, number)),
    ];
  }

  begin(): void {
    const { config, queue, parent, left, slots, workers } = this.#world;
    this.bytes.fill(0);
    queue.head = FIRST_POSITION;
    parent.tail = FIRST_POSITION;
    parent.headSeen = FIRST_POSITION;
    parent.at = this.#parent.number(AT_EVENT_LOOP);
    left.kills = config.kills;
    left.exits = config.exits;
    left.crashes = config.crashes;
    left.cancels = config.cancels;
    left.dismissals = config.dismissals;
    for (let number = 0; number < config.workers; number++) {
      start(this.#world, number, number, this.#workers.number(WORKER_BEGINS));
      if (config.workersBegin === "starting") continue;
      const slot = item(slots, number);
      slot.gate = OPEN;
      slot.park = FRESH;
      slot.waiter = ASLEEP;
      queue.idle |= 1 << number;
      item(workers, number).at = this.#workers.number(WORKER_SLEEPS);
    }
  }

  checkMove(move: Move): Violation | undefined {
    const broken = this.#broken;
    this.#broken = undefined;
    if (broken !== undefined) return this.#unlessIgnored(broken);
    const isWorkers = move.thread !== PARENT && move.thread <= this.#world.workers.length;
    const actor = isWorkers ? move.thread - 1 : -1;
    return this.#unlessIgnored(checkStep(this.#before, this.#world, actor));
  }

  checkState(): Violation | undefined {
    return this.#unlessIgnored(
      checkState(this.#world, this.#parent.nameOf(this.#world.parent)),
    );
  }

  #unlessIgnored(violation: Violation | undefined): Violation | undefined {
    return violation !== undefined && this.#ignores.includes(violation.invariant)
      ? undefined
      : violation;
  }

  checkQuiet(areRunning: boolean): Violation | undefined {
    return checkQuiet(this.#world, areRunning);
  }

  isUnsettled(): boolean {
    return isPending(this.#world);
  }

  isAtRest(thread: number): boolean {
    const worker = item(this.#world.workers, thread - 1);
    if (!isRunning(worker)) return true;
    const name = this.#workers.nameOf(worker);
    const { waiter } = item(this.#world.slots, worker.slot);
    return name === RUNS || (waiter === ASLEEP && isSleep(name));
  }

  /** Numbers of the threads whose operations must end when they run alone. */
  get workerThreads(): number[] {
    return this.#world.workers.map((_, number) => number + 1);
  }

  #parentStep(): Move {
    const { parent } = this.#world;
    return {
      actor: "parent",
      thread: PARENT,
      kind: "step",
      name: () => this.#parent.nameOf(parent),
      make: () => this.#parent.take(parent),
    };
  }

  /** Something that begins when the parent is in its event loop. */
  #parentMove(kind: MoveKind, name: string, begin: () => string | undefined): Move {
    const { parent } = this.#world;
    const atEventLoop = this.#parent.number(AT_EVENT_LOOP);
    return {
      actor: "parent",
      thread: PARENT,
      kind,
      name: () => name,
      make: () => {
        if (parent.at !== atEventLoop) return false;
        const next = begin();
        if (next !== undefined) parent.at = this.#parent.number(next);
        return next !== undefined;
      },
    };
  }

  /** What the user of the pool does, if he likes. A blocking wait comes about when there is no event loop to deliver. */
  #userMoves(program: ParentProgram, broken: Broken): Move[] {
    const { parent, left, config, requests, workers } = this.#world;
    const moves = [
      this.#parentMove("choice", "puts a request", () =>
        parent.next < config.requests ? program.beginPut(parent) : undefined,
      ),
    ];
    if (config.parent !== "event loop") {
      moves.push(
        this.#parentMove(config.parent === "both" ? "choice" : "step", "waits for all results", () =>
          isPending(this.#world) && canDeliver(this.#world) ? program.beginWait(parent) : undefined,
        ),
      );
    }
    if (config.cancels > 0) {
      for (const number of requests.keys()) {
        moves.push(
          this.#parentMove("choice", `cancels request ${number}`, () => {
            if (left.cancels === 0 || !cancel(this.#world, number, broken)) return undefined;
            left.cancels -= 1;
            return program.beginRefill(parent);
          }),
        );
      }
    }
    for (const [number, worker] of workers.entries()) {
      if (config.kills > 0) {
        moves.push(
          this.#parentMove("choice", `terminates worker ${number}`, () => {
            if (left.kills === 0 || worker.channel !== RUNNING) return undefined;
            left.kills -= 1;
            parent.worker = number;
            return "shuts the gate";
          }),
        );
      }
      if (config.dismissals > 0) moves.push(this.#dismissal(number));
    }
    return moves;
  }

  /** Shutting the gate, and the two steps of the unpark, are one here: in between only the dismissed one can notice. */
  #dismissal(number: number): Move {
    const { left, workers, slots } = this.#world;
    const worker = item(workers, number);
    return this.#parentMove("choice", `dismisses worker ${number}`, () => {
      if (left.dismissals === 0 || worker.channel !== RUNNING) return undefined;
      if (!shutGate(this.#world, worker.slot)) return undefined;
      left.dismissals -= 1;
      worker.channel = DISMISSED;
      addToPark(item(slots, worker.slot));
      notify(item(slots, worker.slot));
      return AT_EVENT_LOOP;
    });
  }

  /** What comes to the parent by its event loop. */
  #eventMoves(program: ParentProgram): Move[] {
    const { parent, config, workers } = this.#world;
    const moves = [...workers.entries()].map(([number, worker]) =>
      this.#parentMove("step", `hears that worker ${number} is gone`, () => {
        const isNews = worker.life === GONE && worker.channel !== CLOSED;
        if (!isNews || worker.channel === NO_CHANNEL) return undefined;
        return hearOfEnd(parent, number, worker.channel);
      }),
    );
    if (config.parent !== "blocks") {
      moves.push(
        this.#parentMove("step", "takes a turn", () => {
          if (parent.promise === ASLEEP) return undefined;
          if (parent.promise === NOBODY && !isPending(this.#world)) return undefined;
          parent.promise = NOBODY;
          return program.beginTurn(parent);
        }),
      );
    }
    return moves;
  }

  #workerMoves(me: Worker, number: number): Move[] {
    const { config, left } = this.#world;
    const runs = this.#workers.number(RUNS);
    const actor = `worker ${number}`;
    const thread = number + 1;
    const take = (kind: MoveKind, isMine: () => boolean): Move => ({
      actor,
      thread,
      kind,
      name: () => this.#workers.nameOf(me),
      make: () => isRunning(me) && isMine() && this.#workers.take(me),
    });
    const moves = [
      take("step", () => me.at !== runs),
      take("callable", () => me.at === runs),
    ];
    if (config.kills > 0) {
      moves.push({
        actor,
        // The system's doing, whatever the thread itself does.
        thread: thread + this.#world.workers.length,
        kind: "step",
        name: () => "is stopped by the system",
        make: () => me.life === KILLED && this.#stop(me),
      });
    }
    if (config.crashes > 0) {
      moves.push({
        actor,
        thread,
        kind: "choice",
        name: () => "vanishes",
        make: () => {
          if (me.life !== ALIVE || left.crashes === 0) return false;
          left.crashes -= 1;
          return this.#stop(me);
        },
      });
    }
    if (config.exits > 0) moves.push(...this.#exits(me, actor, thread));
    return moves;
  }

  #stop(me: Worker): true {
    vanish(this.#world, me);
    return true;
  }

  /** A callable, or what one has left behind in the worker's event loop, calls process.exit. */
  #exits(me: Worker, actor: string, thread: number): Move[] {
    const { left, slots } = this.#world;
    const betweenRequests = this.#workers.number("enters its gate");
    const places = [RUNS, PROMISED.work, PROMISED.space].map((name) => this.#workers.number(name));
    const end = this.#workers.number("announces its end");
    const stopBlocking = BLOCKED_SLEEPS.map((name) => this.#workers.number(name));
    const promises = ["asks for a promise of work", "asks for a promise of space"].map((name) =>
      this.#workers.number(name),
    );
    return [
      {
        actor,
        thread,
        kind: "choice",
        name: () => "calls process.exit",
        make: () => {
          const isTurn = me.at === betweenRequests && me.isSearching === 0;
          if (me.life !== ALIVE || left.exits === 0 || !(isTurn || places.includes(me.at)))
            return false;
          left.exits -= 1;
          stopWaiting(this.#world, me);
          me.holds = 0;
          me.task = 0;
          me.value = 0;
          me.at = end;
          return true;
        },
      },
      {
        actor,
        thread,
        kind: "choice",
        name: () => "has blocked for long enough",
        make: () => {
          const sleep = stopBlocking.indexOf(me.at);
          const slot = item(slots, me.slot);
          if (!isRunning(me) || sleep === -1 || slot.waiter === WOKEN) return false;
          slot.waiter = NOBODY;
          me.at = promises[sleep] as number;
          return true;
        },
      },
    ];
  }
}

function isSleep(name: string): boolean {
  return BLOCKED_SLEEPS.includes(name) || name === PROMISED.work || name === PROMISED.space;
}
