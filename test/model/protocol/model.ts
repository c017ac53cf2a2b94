import type { Broken } from "./broken.ts";
import { FIRST_POSITION } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";
import { isRunning, start } from "./death.ts";
import type { Model, Move, Violation } from "./explorer/model.ts";
import { checkQuiet, checkState, checkStep } from "./invariants.ts";
import { isPending, parentProgram } from "./parent.ts";
import { IS_SHUT_OUT } from "./gate.ts";
import { PARENT_THREAD, parentMoves } from "./parent-moves.ts";
import { AT_EVENT_LOOP } from "./parent-wait.ts";
import { Program } from "./program.ts";
import type { Steps } from "./program.ts";
import { ASLEEP, FRESH, OPEN, WorldBuilder, item } from "./world.ts";
import type { Parent, Worker, World } from "./world.ts";
import { RUNS, WORKER_BEGINS, WORKER_SLEEPS, privateSteps, workerSteps } from "./worker.ts";
import { isSleep, workerMoves } from "./worker-moves.ts";

/** A variation of the protocol: steps that replace the steps of the same names. */
export interface Mutation {
  /** Invariants that it breaks at once. They are not checked, so that the story goes on to the consequences. */
  readonly ignores?: readonly string[];
  /** Whether other threads can notice steps that they cannot notice without it. */
  readonly isFine?: boolean;
  worker?(world: World, original: Steps<Worker>): Steps<Worker>;
  parent?(world: World, original: Steps<Parent>, broken: Broken): Steps<Parent>;
}

/**
 * The protocol as a model for the explorer: the programs of all threads, and what may happen to them.
 *
 * How to read it: `world.ts` is what a state consists of. `worker.ts` and `parent.ts` are the threads, built from parts
 * that are named after the functions of native-queue and src that they stand for (`ready-ring.ts`, `result-ring.ts`,
 * `waking.ts`, `parent-*.ts`). `worker-moves.ts` and `parent-moves.ts` say when these steps are taken, and what else
 * may happen. `invariants.ts` is what must hold. `explorer/` knows nothing of queues.
 */
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
      ...parentMoves({
        world: this.#world,
        steps: this.#parent,
        program: parent,
        broken,
      }),
      ...[...this.#world.workers.keys()].flatMap((number) =>
        workerMoves(this.#world, this.#workers, number),
      ),
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
    const isWorkers = move.thread !== PARENT_THREAD && move.thread <= this.#world.workers.length;
    const actor = isWorkers ? move.thread - 1 : -1;
    return this.#unlessIgnored(checkStep(this.#before, this.#world, actor));
  }

  checkState(): Violation | undefined {
    return this.#unlessIgnored(checkState(this.#world, this.#parent.nameOf(this.#world.parent)));
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
    return name === RUNS || name === IS_SHUT_OUT || (waiter === ASLEEP && isSleep(name));
  }

  /** The numbers of the threads whose operations must end when they run alone. */
  get workerThreads(): number[] {
    return this.#world.workers.map((_, number) => number + 1);
  }
}
