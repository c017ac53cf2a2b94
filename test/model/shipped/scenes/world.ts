import { changeAfterKill } from "../check/killed-worker.ts";
import type { NativeQueue, QueueCode } from "../machine/load-queue.ts";
import { Machine } from "../machine/machine.ts";
import type { AddCell, LifeCells, State } from "../machine/machine.ts";
import type { Promised } from "../machine/operation.ts";
import { Stage } from "../machine/stage.ts";
import { notesUpTo } from "../machine/virtual-thread.ts";
import type { Argument, Local } from "../machine/virtual-thread.ts";
import type { QueueMemory, QueueViews } from "../../../../native-queue/layout.ts";
import { nameWord } from "./word-names.ts";

/** A situation of which every interleaving is explored. */
export interface Configuration {
  readonly name: string;
  /** What is special about it. */
  readonly about: string;
  /** The first position: 0, or just below a wrap. */
  readonly start?: number;
  /** How many tasks the queue has: a power of two, 2 at least. */
  readonly tasks?: number;
  /** How many mortal threads may die, each at any of its steps. */
  readonly deaths?: number;
  /** Sets the queue up, and returns the threads. */
  readonly arrange: (world: World) => Cast;
}

/** The threads of a configuration, and what must hold in the end. */
export interface Cast {
  readonly parts: readonly Part[];
  /** Called with each state in which nothing can happen any more. Throws when something is wrong with it. */
  readonly check?: (end: Ending) => void;
}

/** One thread. */
export interface Part {
  readonly name: string;
  readonly run: (actor: Actor) => void;
  readonly isDaemon?: boolean;
  readonly isMortal?: boolean;
}

/** A state in which nothing can happen any more. */
export class Ending {
  readonly #machine: Machine;
  readonly #state: State;
  readonly #world: World;

  constructor(machine: Machine, state: State, world: World) {
    this.#machine = machine;
    this.#state = state;
    this.#world = world;
  }

  /** What a thread has noted, in order. */
  notesOf(thread: number): unknown[] {
    return notesUpTo((this.#state.locals[thread] as Local).point);
  }

  /** Whether the code of a thread has ended. */
  hasEnded(thread: number): boolean {
    return (this.#state.locals[thread] as Local).point.next === undefined;
  }

  /** Whether a thread is gone. */
  isDead(thread: number): boolean {
    return this.#machine.isDead(this.#state, thread);
  }

  /** A word of the queue. */
  word(index: number): number {
    return wordIn(this.#world, this.#machine, this.#state, index);
  }

  /** All calls, in the order of their beginnings and ends. */
  get calls(): ReturnType<Machine["eventsOf"]> {
    return this.#machine.eventsOf(this.#state.history);
  }
}

/** What the gate of a worker reads that has announced its end; see gate.ts. */
const ENDED = 8;
const DEFAULT_TASKS = 2;
const ARENA_BYTES = 256;

/** One instance of the queue's code with its memory. A configuration is set up with it. */
export class World {
  readonly stage: Stage;
  readonly queue: NativeQueue;
  readonly memory: QueueMemory;
  readonly views: QueueViews;
  /** The queue's words themselves, to set a scene up. */
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly #rings: SharedArrayBuffer[] = [];

  constructor(code: QueueCode, { start = 0, tasks = DEFAULT_TASKS }: Configuration) {
    this.stage = new Stage(
      (buffer, word) => nameWord(this.queue, this.memory, buffer, word),
      (buffer, word) => buffer === "queue" && this.#isLoose(word),
    );
    this.queue = code.run(this.stage.globals);
    this.memory = this.queue.createQueueMemory(tasks, ARENA_BYTES);
    this.stage.nameBuffer(this.memory.queue, "queue");
    this.stage.nameBuffer(this.memory.board, "board");
    this.views = new this.queue.QueueViews(this.memory);
    this.words = new Int32Array(this.memory.queue);
    if (start !== 0) this.#rememberLapBefore(start);
  }

  /** Entries of the ring and states of tasks, which `putAll` writes plainly. */
  #isLoose(word: number): boolean {
    const { ready, states, tasks } = this.views;
    return word >= ready && word < states + tasks;
  }

  /** As after many puts: every entry of the ring is of the lap before. */
  #rememberLapBefore(start: number): void {
    const { ready, readyMask, lapShift, taskBits } = this.views;
    this.words[this.queue.HEAD] = start;
    for (let back = 1; back <= readyMask + 1; back++) {
      const position = (start - back) | 0;
      this.words[ready + (position & readyMask)] = (position >>> lapShift) << taskBits;
    }
  }

  /** A new result ring whose positions start at `start`. */
  addRing(bytes: number, start: number = 0): SharedArrayBuffer {
    const ring = this.queue.createResultRing(bytes);
    this.stage.nameBuffer(ring, `ring ${this.#rings.length}`);
    this.#rings.push(ring);
    const words = new Int32Array(ring);
    words[0] = start;
    words[32] = start;
    return ring;
  }
}

/** A configuration that can be explored: its machine, and what must hold. */
export class Play {
  readonly configuration: Configuration;
  readonly machine: Machine;
  readonly #cast: Cast;
  readonly #world: World;

  constructor(code: QueueCode, configuration: Configuration) {
    this.configuration = configuration;
    this.#world = new World(code, configuration);
    const { stage } = this.#world;
    const { QueueViews } = this.#world.queue;
    const isPartOfWorld = (value: object): boolean =>
      stage.isSharedView(value) ||
      value instanceof QueueViews ||
      value instanceof World ||
      value instanceof Actor;
    this.#cast = configuration.arrange(this.#world);
    const { parts } = this.#cast;
    this.machine = new Machine(
      stage,
      (life, addCell) =>
        parts.map(({ name, run, isDaemon = false, isMortal = false }, thread) => ({
          name,
          run: () => run(new Actor(stage, thread, life, addCell, isPartOfWorld)),
          isDaemon,
          isMortal,
        })),
      configuration.deaths ?? 0,
      parts.length,
    );
  }

  /** What is wrong with a state, whatever comes next; undefined when nothing is. */
  wrongNow(state: State): string | undefined {
    const mayChange = (cell: number): boolean => this.#mayChangeWhenKilled(state, cell);
    return thrownIn(state) ?? changeAfterKill(this.machine, state, mayChange);
  }

  /**
   * No thread reads an exit code before the gate says that the worker has ended. A worker that had ended
   * when it was killed may still count its end and wake the parent. And a worker may begin items of its task: the parent
   * takes away those that it has not begun.
   */
  #mayChangeWhenKilled(state: State, cell: number): boolean {
    const { stage, memory, queue, views } = this.#world;
    const isWord = (word: number): boolean => stage.cellOf(memory.queue, word) === cell;
    for (let task = 0; task <= views.readyMask; task++)
      if (isWord(views.task(task) + queue.TASK_WORDS - 1)) return true;
    const slots = [...this.machine.threads.keys()];
    if (slots.some((slot) => isWord(queue.exitCodeWord(slot)))) return true;
    return (
      (isWord(queue.ENDS_ANNOUNCED) || isWord(queue.PARENT_EPOCH)) &&
      slots.some((slot) => wordIn(this.#world, this.machine, state, queue.gateWord(slot)) === ENDED)
    );
  }

  /** What is wrong with a state in which nothing can happen any more; undefined when nothing is. */
  wrongWith(state: State): string | undefined {
    const stuck = state.locals.flatMap(({ point, isDead }, thread) => {
      const { isDaemon, name } = (this.machine.threads[thread] as { code: Part }).code;
      return point.next === undefined || isDead || isDaemon ? [] : [name];
    });
    if (stuck.length > 0)
      return `Stuck: nothing can happen any more, and ${stuck.join(", ")} waits.`;
    try {
      this.#cast.check?.(new Ending(this.machine, state, this.#world));
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }
}

/** A word of the queue in a state. */
function wordIn(
  { stage, memory, words }: World,
  machine: Machine,
  state: State,
  index: number,
): number {
  const cell = stage.cellOf(memory.queue, index);
  return cell === undefined ? (words[index] as number) : machine.memory.valueOf(state.memory, cell);
}

/** What a thread's code has thrown. */
function thrownIn(state: State): string | undefined {
  for (const { point } of state.locals) {
    if (point.error !== undefined) return `${point.thread.code.name}: ${messageOf(point.error)}`;
  }
  return undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the code of a virtual thread can do besides calling the queue. */
export class Actor {
  readonly thread: number;
  readonly #stage: Stage;
  readonly #life: readonly LifeCells[];
  readonly #addCell: AddCell;
  readonly #isPartOfWorld: (value: object) => boolean;

  constructor(
    stage: Stage,
    thread: number,
    life: readonly LifeCells[],
    addCell: AddCell,
    isPartOfWorld: (value: object) => boolean,
  ) {
    this.#isPartOfWorld = isPartOfWorld;
    this.#stage = stage;
    this.thread = thread;
    this.#life = life;
    this.#addCell = addCell;
  }

  /** Ends the setting up: what comes before it is done before any other thread goes on. */
  ready(): void {
    this.#stage.operate("ready", -1);
  }

  /**
   * The rest of the run depends on these values only: every local variable that will still be read, and every object
   * that belongs to this thread, with all its fields.
   *
   * @param place the name of this place in the code
   */
  checkpoint(place: string, ...values: readonly unknown[]): void {
    this.#stage.checkpoint(`${place} ${written(values, this.#isPartOfWorld)}`);
  }

  /** Keeps a note for the check at the end. */
  note(note: unknown): void {
    this.#stage.recording.note(note);
  }

  /** Makes a call that is part of the history: from before its first operation to after its last. */
  call<T>(name: string, argument: Argument, body: () => T): T {
    const { thread } = this;
    const { recording } = this.#stage;
    const key = `${thread} ${name} ${String(argument)}`;
    recording.callBegins({ key, thread, name, argument, returned: undefined, isEnd: false });
    const returned = body();
    recording.callEnds({
      key: `${key} = ${String(returned)}`,
      thread,
      name,
      argument,
      returned,
      isEnd: true,
    });
    return returned;
  }

  /** Awaits what a function of the queue has returned. */
  awaits(promise: Promise<unknown>): void {
    this.#stage.operate("await", -1, tokenOf(promise));
  }

  /**
   * Turns the event loop until there is something to do.
   *
   * @param promise what to wait for, besides the ends of threads
   * @param heard threads whose end has been heard of, a bit each
   * @returns a thread that is gone, or "ok" when the promise has resolved
   */
  eventLoop(promise: Promise<unknown>, heard: number): number | "ok" {
    return this.#stage.operate("eventLoop", -1, tokenOf(promise), heard) as number | "ok";
  }

  /** Ends a thread as the system does it: sooner or later, at whatever step it has come to. */
  terminate(thread: number): void {
    this.#stage.operate("store", (this.#life[thread] as LifeCells).terminated, 1);
  }

  /** Blocks until the system says that a thread is gone. */
  untilDead(thread: number): void {
    this.#stage.operate("until", (this.#life[thread] as LifeCells).dead, 0);
  }

  /** A word that is no part of the queue: a message, a start. */
  signal(name: string): Signal {
    const stage = this.#stage;
    const cell = stage.namedCell(name, this.#addCell);
    return {
      set: (value = 1) => void stage.operate("store", cell, value),
      until: () => void stage.operate("until", cell, 0),
      get: () => stage.operate("load", cell) as number,
    };
  }
}

/** Values with all their fields as text; equal texts mean equal values. */
function written(value: unknown, isLeftOut: (value: object) => boolean): string {
  if (typeof value === "function") return "";
  if (typeof value !== "object" || value === null) return String(value);
  if (isLeftOut(value)) return "";
  if (value instanceof Map) return `{${written([...value], isLeftOut)}}`;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const items = Array.from(value as unknown as ArrayLike<unknown>);
    return `[${items.map((item) => written(item, isLeftOut)).join(",")}]`;
  }
  const fields = Object.entries(value).map(([name, own]) => `${name}:${written(own, isLeftOut)}`);
  return `{${fields.join(",")}}`;
}

/** A word of its own. */
export interface Signal {
  readonly set: (value?: number) => void;
  readonly until: () => void;
  readonly get: () => number;
}

/** In a virtual thread, what the queue returns as a promise is a promise of the machine. */
function tokenOf(promise: Promise<unknown>): number {
  return (promise as unknown as Promised).token;
}
