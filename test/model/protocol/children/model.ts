/**
 * Children of one request as a model for the explorer: worker 0 runs the request, the others have nothing to do at first. How to read it:
 * as the model of the queue beside it. Its explorer, gates and waits are those of that model.
 */
import type { Broken } from "../broken.ts";
import type { Model, Move, MoveKind, Violation } from "../explorer/model.ts";
import { IS_SHUT_OUT, isAtQueue, isMoved } from "../gate.ts";
import { Program } from "../program.ts";
import type { Steps } from "../program.ts";
import {
  ALIVE,
  ASLEEP,
  FRESH,
  GONE as THREAD_GONE,
  KILLED,
  NO_WAITER,
  OPEN,
  SHUT,
} from "../world.ts";
import type { Slot } from "../world.ts";
import { IDLES, parentSteps } from "./parent.ts";
import {
  ChildrenWorldBuilder,
  DONE,
  LOST,
  OFFERED,
  ORPHANED,
  PENDING,
  ROOT,
  TAKEN,
  framesOf,
  isStopped,
  push,
} from "./world.ts";
import type { ChildParent, ChildWorker, ChildrenConfiguration, ChildrenWorld } from "./world.ts";
import { GOES_ON, HELPS, RUNS, SLEEPS, nextWaiting, workerSteps } from "./worker.ts";

/** A variation of the protocol: steps that replace the steps of the same names. */
export interface ChildrenMutation {
  worker?(world: ChildrenWorld, original: Steps<ChildWorker>): Steps<ChildWorker>;
  parent?(world: ChildrenWorld, original: Steps<ChildParent>): Steps<ChildParent>;
}

/** The states of a child that has a cell. */
const ON_BOARD = new Set([OFFERED, TAKEN, DONE, LOST, ORPHANED]);

export class ChildrenModel implements Model {
  readonly layout: ChildrenWorldBuilder["layout"];
  readonly bytes: Uint8Array;
  readonly bytesBefore: Uint8Array;
  readonly moves: readonly Move[];
  readonly #world: ChildrenWorld;
  readonly #before: ChildrenWorld;
  readonly #workers: Program<ChildWorker>;
  readonly #parent: Program<ChildParent>;
  #broken: Violation | undefined;

  constructor(config: ChildrenConfiguration, mutation: ChildrenMutation = {}) {
    const builder = new ChildrenWorldBuilder(config);
    this.layout = builder.layout;
    this.#world = builder.build();
    this.#before = builder.build();
    this.bytes = this.#world.bytes;
    this.bytesBefore = this.#before.bytes;
    const broken: Broken = (invariant, what) => {
      this.#broken ??= { invariant, what };
    };
    const worker = workerSteps(this.#world, broken);
    this.#workers = new Program({ ...worker, ...mutation.worker?.(this.#world, worker) });
    const parent = parentSteps(this.#world);
    this.#parent = new Program({ ...parent, ...mutation.parent?.(this.#world, parent) });
    this.moves = [
      ...this.#parentMoves(),
      ...this.#world.workers.flatMap((me, number) => this.#workerMoves(me, number)),
    ];
  }

  begin(): void {
    const { config, queue, left, parent, workers } = this.#world;
    this.bytes.fill(0);
    queue.outcome = PENDING;
    left.kills = config.kills;
    left.crashes = config.crashes;
    left.aborts = config.aborts;
    parent.at = this.#parent.number(IDLES);
    for (const [number, me] of workers.entries()) {
      me.life = ALIVE;
      me.gate = OPEN;
      if (number === 0) {
        push(me, ROOT);
        me.at = this.#workers.number(RUNS);
        continue;
      }
      queue.idle |= 1 << number;
      me.board = FRESH;
      me.park = FRESH;
      me.waiter = ASLEEP;
      me.isSearching = 1;
      me.at = this.#workers.number(SLEEPS);
    }
  }

  #workerMoves(me: ChildWorker, number: number): Move[] {
    const runs = this.#workers.number(RUNS);
    const goesOn = this.#workers.number(GOES_ON);
    const base = { actor: `worker ${number}`, thread: number + 1 };
    const isRunning = (): boolean => me.life === ALIVE || me.life === KILLED;
    const take = (kind: MoveKind, isNow: () => boolean): Move => ({
      ...base,
      kind,
      name: () => this.#workers.nameOf(me),
      make: () => isRunning() && isNow() && this.#workers.take(me),
    });
    /** Code that is to stop does so: then its end is sure to come. */
    const mustEnd = (): boolean => isStopped(this.#world, framesOf(me).at(-1) as number);
    return [
      take("step", () => me.at !== runs || mustEnd()),
      take("callable", () => me.at === runs && !mustEnd()),
      {
        ...base,
        kind: "choice",
        name: () => "offers a child",
        make: () => {
          if (!isRunning() || me.at !== goesOn) return false;
          const waiting = nextWaiting(this.#world, me);
          if (waiting === undefined) return false;
          if (isStopped(this.#world, this.#world.config.parents[waiting - 1] as number))
            return false;
          me.found = waiting;
          me.at = this.#workers.number("enters its gate, to offer");
          return true;
        },
      },
      this.#vanishing(
        me,
        base.actor,
        "is stopped by the system",
        "step",
        number + 1 + this.#world.workers.length,
        () => me.life === KILLED,
      ),
      this.#vanishing(me, base.actor, "vanishes", "choice", number + 1, () => {
        const { left } = this.#world;
        if (me.life !== ALIVE || left.crashes === 0 || !isMoved(me as unknown as Slot))
          return false;
        left.crashes -= 1;
        return true;
      }),
    ];
  }

  #vanishing(
    me: ChildWorker,
    actor: string,
    name: string,
    kind: MoveKind,
    thread: number,
    mayNow: () => boolean,
  ): Move {
    return {
      actor,
      thread,
      kind,
      name: () => name,
      make: () => {
        if (!mayNow()) return false;
        const { gate, isBuried } = me;
        for (const field of [
          "at",
          "park",
          "waiter",
          "board",
          "frame0",
          "frame1",
          "frame2",
          "frame3",
          "found",
          "target",
          "isSearching",
        ] as const)
          me[field] = 0;
        me.life = THREAD_GONE;
        me.gate = gate;
        me.isBuried = isBuried;
        return true;
      },
    };
  }

  #parentMoves(): Move[] {
    const { parent, left, queue, workers } = this.#world;
    const idles = this.#parent.number(IDLES);
    const base = { actor: "parent", thread: 0 };
    const move = (kind: MoveKind, name: string, begin: () => string | undefined): Move => ({
      ...base,
      kind,
      name: () => name,
      make: () => {
        if (parent.at !== idles) return false;
        const next = begin();
        if (next !== undefined) parent.at = this.#parent.number(next);
        return next !== undefined;
      },
    });
    return [
      {
        ...base,
        kind: "step",
        name: () => this.#parent.nameOf(parent),
        make: () => this.#parent.take(parent),
      },
      move("choice", "aborts the request", () => {
        if (left.aborts === 0 || queue.outcome !== PENDING) return undefined;
        left.aborts -= 1;
        return "asks the request to stop";
      }),
      ...workers.flatMap((worker, number) => [
        move("choice", `terminates worker ${number}`, () => {
          if (left.kills === 0 || worker.isBuried === 1) return undefined;
          // The parent would wait for ever for a worker that has vanished at the queue.
          if (worker.life !== ALIVE && isAtQueue(worker as unknown as Slot)) return undefined;
          left.kills -= 1;
          parent.worker = number;
          return "shuts the gate";
        }),
        move("step", `hears that worker ${number} is gone`, () => {
          if (worker.life !== THREAD_GONE || worker.isBuried === 1) return undefined;
          parent.worker = number;
          return "settles what the worker held";
        }),
      ]),
    ];
  }

  checkMove(move: Move): Violation | undefined {
    const broken = this.#broken;
    this.#broken = undefined;
    return broken ?? this.#checkKilled(move.thread - 1);
  }

  /** C4: a worker whose gate is shut changes nothing that others read. */
  #checkKilled(actor: number): Violation | undefined {
    const me = this.#before.workers[actor];
    if (me === undefined || me.gate !== SHUT) return undefined;
    const shared = ({ queue, children, workers }: ChildrenWorld): string =>
      JSON.stringify([
        [queue.idle, queue.spin, queue.helping, queue.outcome],
        // What is in the memory of its owner alone may change.
        children.map(({ state, taker }) => (ON_BOARD.has(state) ? [state, taker] : 0)),
        workers.map(({ park, waiter }, number) => (number === actor ? 0 : [park, waiter])),
      ]);
    return shared(this.#before) === shared(this.#world)
      ? undefined
      : { invariant: "C4", what: `worker ${actor}, whose gate is shut, changes a word` };
  }

  checkState(): Violation | undefined {
    return undefined;
  }

  /** What is wrong when no thread has a step to take, while nodes may be running, perhaps for ever. */
  checkQuiet(areRunning: boolean): Violation | undefined {
    const { queue, children, workers } = this.#world;
    const isAnyOffered = children.some(({ state }) => state === OFFERED);
    for (const [number, me] of workers.entries()) {
      if (me.life !== ALIVE || me.waiter === NO_WAITER) continue;
      const name = this.#workers.nameOf(me);
      if (isAnyOffered && (name === SLEEPS || name === HELPS))
        return { invariant: "C3", what: `a child is offered while worker ${number} sleeps` };
      const own = children.filter(
        (child, at) =>
          child.owner === number && framesOf(me).includes(this.#world.config.parents[at] as number),
      );
      if (own.some(({ state }) => state === DONE || state === LOST))
        return {
          invariant: "C3",
          what: `an outcome waits while its owner, worker ${number}, sleeps`,
        };
    }
    if (areRunning) return undefined;
    if (queue.outcome === PENDING)
      return {
        invariant: "C3",
        what: "the request is not settled, and no thread has a step to take",
      };
    for (const [number, me] of workers.entries())
      if (me.life === ALIVE && framesOf(me).length > 0)
        return { invariant: "C3", what: `worker ${number} waits for ever` };
    const lost = children.findIndex(({ state }) => ON_BOARD.has(state));
    return lost === -1
      ? undefined
      : {
          invariant: "C2",
          what: `child ${lost + 1} is left on the board: state=${children[lost]?.state}`,
        };
  }

  isUnsettled(): boolean {
    return this.#world.queue.outcome === PENDING;
  }

  isAtRest(thread: number): boolean {
    const me = this.#world.workers[thread - 1] as ChildWorker;
    if (me.life !== ALIVE && me.life !== KILLED) return true;
    const name = this.#workers.nameOf(me);
    return name === RUNS || name === IS_SHUT_OUT || me.waiter === ASLEEP;
  }

  /** The numbers of the threads whose operations must end when they run alone. */
  get workerThreads(): number[] {
    return this.#world.workers.map((_, number) => number + 1);
  }
}
