import { describeCallable } from "../../callable/index.ts";
import type { Callable, CallableDefinition, ModuleCallable } from "../../callable/index.ts";
import type { ChannelSet } from "./channel-set.ts";

/** Equal to no callable, nor to a wrong one such as undefined. */
const NONE = Symbol("none");

/** Numbers the callables of one pool. A request carries the number; each worker is told the definition once. */
export class CallableRegistry {
  /** The definitions by number, for workers that are started later. */
  readonly definitions: CallableDefinition[] = [];
  /** Equal definitions are one object, so functions that a loop makes anew from one source are one callable. */
  readonly #ids = new Map<CallableDefinition, number>();
  /** The callable of the last call: nearly always the callable of the next call too. */
  #lastCallable: unknown = NONE;
  #lastId = -1;
  readonly #channels: ChannelSet;

  /** @param channels are told of each new definition */
  constructor(channels: ChannelSet) {
    this.#channels = channels;
  }

  /** The number of a callable. Throws `CallableError` when a worker could not find it. */
  idOf(callable: Callable | ModuleCallable): number {
    if (callable !== this.#lastCallable) {
      this.#lastId = this.#idOfDefinition(describeCallable(callable));
      this.#lastCallable = callable;
    }
    return this.#lastId;
  }

  #idOfDefinition(definition: CallableDefinition): number {
    const known = this.#ids.get(definition);
    if (known !== undefined) return known;
    const id = this.definitions.push(definition) - 1;
    this.#ids.set(definition, id);
    this.#channels.define({ id, definition });
    return id;
  }
}
