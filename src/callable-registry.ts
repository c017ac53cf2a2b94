import { describeCallable } from "./callable.ts";
import type { Callable, CallableDefinition, ModuleCallable } from "./callable.ts";

/** Numbers the callables of one pool: a request carries the number, each worker learns the definition once. */
export class CallableRegistry {
  readonly definitions: CallableDefinition[] = [];
  readonly #idByCallable = new WeakMap<object, number>();
  readonly #idByDefinition = new Map<string, number>();
  readonly #onNew: (id: number, definition: CallableDefinition) => void;

  /** @param onNew tells the workers that live; those started later are given `definitions` */
  constructor(onNew: (id: number, definition: CallableDefinition) => void) {
    this.#onNew = onNew;
  }

  /** The number of a callable. Throws `CallableError` when a worker could not find it. */
  idOf(callable: Callable | ModuleCallable): number {
    const known = this.#idByCallable.get(callable);
    if (known !== undefined) return known;
    const definition = describeCallable(callable);
    // Functions made anew each time from one source, as in a loop, are one callable.
    const key = JSON.stringify(definition);
    let id = this.#idByDefinition.get(key);
    if (id === undefined) {
      id = this.definitions.length;
      this.definitions.push(definition);
      this.#idByDefinition.set(key, id);
      this.#onNew(id, definition);
    }
    this.#idByCallable.set(callable, id);
    return id;
  }
}
