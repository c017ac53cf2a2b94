import { Runner, nameOfDefinition, renewed } from "../../callable/index.ts";
import type {
  Callable,
  CallableDefinition,
  CallableNaming,
  ModuleCallable,
} from "../../callable/index.ts";
import type { CallableMessage } from "../../protocol/index.ts";
import type { RequestTable } from "../request/request-table.ts";
import type { ChannelSet } from "./channel-set.ts";
import { Map, Set, WeakRef } from "../../runtime/index.ts";

/** So many callables are kept before those that nothing uses are looked for. */
const KEPT_UNUSED = 256;

/** What a request can name. */
export type NamedCallable = Callable | ModuleCallable | Runner;

/** A callable that the workers know by its number. */
interface Entry {
  readonly id: number;
  /** By which it is known. */
  readonly definition: CallableDefinition;
  /** What workers are told that start from now on. */
  sent: CallableDefinition;
  /** A function that was put with this definition. Held weakly: it may hold much of the program. */
  callable: WeakRef<NamedCallable>;
  /** Whether it was put again since unused callables were looked for. */
  isReused: boolean;
}

/**
 * Numbers the callables of one pool. A request carries the number; each worker is told the definition once.
 *
 * A program may make functions without end. So callables that no pending request needs, and that were not put again for a
 * long time, are forgotten here and in the workers. A number is never given to another callable, because a request with the old
 * meaning may still be on its way. A forgotten callable that is put again gets a new number.
 *
 * Workers hear of definitions and of forgotten numbers by one channel, so in order. What a worker may be asked to run is
 * never forgotten: a request stays in the table until it is delivered, and one that was cancelled while it ran has its
 * callable already.
 */
export class CallableRegistry {
  /** The definitions with their numbers, for workers that are started later. The array stays the same one. */
  readonly definitions: CallableMessage[] = [];
  /** Equal definitions are one object, so functions that a loop makes anew from one source are one callable. */
  readonly #entries = new Map<CallableDefinition, Entry>();
  readonly #known = new Map<number, Entry>();
  /** The callable of the last call: nearly always the callable of the next call too. */
  #last: Entry | undefined;
  #nextId = 0;
  #sizeAtNextSearch = KEPT_UNUSED;
  /** Whether any callable was forgotten: see `keep`. */
  hasForgotten = false;
  readonly #channels: ChannelSet;
  readonly #table: RequestTable;
  readonly #naming: CallableNaming;

  /**
   * @param channels are told of each new definition
   * @param table holds the requests that may still be run
   * @param naming describes callables to the workers
   */
  constructor(channels: ChannelSet, table: RequestTable, naming: CallableNaming) {
    this.#naming = naming;
    this.#channels = channels;
    this.#table = table;
  }

  /** The number of a callable. Throws `CallableError` when a worker could not find it. */
  idOf(callable: NamedCallable): number {
    const last = this.#last;
    // A function that is gone reads as undefined, which is no callable.
    if (last !== undefined && callable !== undefined && last.callable.deref() === callable)
      return last.id;
    const definition = this.#definitionOf(callable);
    const known = this.#entries.get(definition);
    if (known === undefined) return this.#add(this.#nextId++, definition, callable).id;
    known.isReused = true;
    // A function that is written in the call is another one each time, and a WeakRef for each costs more than it saves.
    if (known.callable.deref() === undefined) known.callable = new WeakRef(callable);
    this.#last = known;
    return known.id;
  }

  /** The program was loaded again: workers that start later find the functions that the modules export by then. */
  renew(): void {
    for (const entry of this.#known.values()) entry.sent = renewed(entry.definition);
    this.#listKnown();
  }

  #listKnown(): void {
    const known = Array.from(this.#known.values(), ({ id, sent }) => ({ id, definition: sent }));
    this.definitions.splice(0, Infinity, ...known);
  }

  /**
   * Makes sure that a number that was given out is known after its request was put. Code of the program that ran in between, such as a
   * getter of an argument, may have put so many other callables that this one was forgotten.
   *
   * Call it after the put of a request when `hasForgotten` is true.
   */
  keep(id: number, callable: NamedCallable): void {
    if (!this.#known.has(id)) this.#add(id, this.#definitionOf(callable), callable);
  }

  #definitionOf(callable: NamedCallable): CallableDefinition {
    return callable instanceof Runner ? callable.definition : this.#naming.describe(callable);
  }

  /** The name of a callable for people; see `nameOfDefinition`. */
  nameOf(id: number): string {
    const entry = this.#known.get(id);
    return entry === undefined ? "(forgotten)" : nameOfDefinition(entry.definition);
  }

  #add(id: number, definition: CallableDefinition, callable: NamedCallable): Entry {
    if (this.#known.size >= this.#sizeAtNextSearch) this.#forgetUnused();
    const sent = definition;
    const entry = { id, definition, sent, callable: new WeakRef(callable), isReused: false };
    this.#known.set(id, entry);
    this.#entries.set(definition, entry);
    this.#last = entry;
    const message = { id, definition };
    this.definitions.push(message);
    this.#channels.define(message);
    return entry;
  }

  #forgetUnused(): void {
    const needed = this.#neededIds();
    const forgotten: number[] = [];
    for (const entry of this.#known.values()) {
      if (entry.isReused || needed.has(entry.id)) entry.isReused = false;
      else forgotten.push(entry.id);
    }
    for (const id of forgotten) this.#forget(id);
    // The search takes time for each pending request, so it must not come at each put when much is needed.
    this.#sizeAtNextSearch = Math.max(KEPT_UNUSED, 2 * this.#known.size);
    if (forgotten.length === 0) return;
    this.hasForgotten = true;
    this.#listKnown();
    this.#channels.forget({ forgotten });
  }

  #neededIds(): Set<number> {
    const needed = new Set<number>();
    this.#table.oldest(({ callableId }) => {
      needed.add(callableId);
      return false;
    });
    return needed;
  }

  #forget(id: number): void {
    const { definition } = this.#known.get(id) as Entry;
    this.#known.delete(id);
    if (this.#entries.get(definition)?.id === id) this.#entries.delete(definition);
    if (this.#last?.id === id) this.#last = undefined;
  }
}
