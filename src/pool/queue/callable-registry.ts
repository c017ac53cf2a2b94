import { describeCallable } from "../../callable/describe.ts";
import type { Callable, CallableDefinition, ModuleCallable } from "../../callable/describe.ts";

/** Equal to no callable, not even to a wrong one such as undefined. */
const NONE = Symbol();

/** Numbers the callables of one pool: a request carries the number, each worker learns the definition once. */
export class CallableRegistry {
  readonly definitions: CallableDefinition[] = [];
  /** Equal definitions are one object, so functions made anew from one source, as in a loop, are one callable. */
  readonly #ids = new Map<CallableDefinition, number>();
  /** The callable asked for last: nearly always the next one too. */
  #lastCallable: unknown = NONE;
  #lastId = -1;
  readonly #onNew: (id: number, definition: CallableDefinition) => void;

  /** @param onNew tells the workers that live; those started later are given `definitions` */
  constructor(onNew: (id: number, definition: CallableDefinition) => void) {
    this.#onNew = onNew;
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
    this.#onNew(id, definition);
    return id;
  }
}
