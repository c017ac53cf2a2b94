import { loadCallable } from "../callable/load.ts";
import type { ForgetMessage } from "../protocol/index.ts";
import type { Inbox } from "./inbox.ts";
import { Map, collectGarbage } from "../runtime/index.ts";

/** A callable as the run loop calls it. */
export type LoadedCallable = (...args: unknown[]) => unknown;

/** Callables with smaller numbers are found by index. */
const SMALL_NUMBERS = 4096;

/** The callables that this worker has loaded, by number. Each is loaded when a request first names it. */
export class LoadedCallables {
  readonly #inbox: Inbox;
  /** Those with small numbers, which are all of them in most programs. */
  readonly #small: (LoadedCallable | undefined)[] = [];
  /** The others: in an array they would leave ever more holes. */
  readonly #large = new Map<number, LoadedCallable>();

  /** @param inbox has the definitions */
  constructor(inbox: Inbox) {
    this.#inbox = inbox;
  }

  /** The callable, if it is loaded. */
  get(id: number): LoadedCallable | undefined {
    return id < SMALL_NUMBERS ? this.#small[id] : this.#large.get(id);
  }

  /** The callable, loaded if it is not. Rejects with the reason why it cannot be loaded. */
  async load(id: number): Promise<LoadedCallable> {
    const loaded = this.get(id);
    if (loaded !== undefined) return loaded;
    const callable = await loadCallable(await this.#inbox.definition(id));
    // Its only request may have been cancelled meanwhile, and the callable forgotten.
    if (!this.#inbox.isDefined(id)) return callable;
    if (id < SMALL_NUMBERS) this.#small[id] = callable;
    else this.#large.set(id, callable);
    return callable;
  }

  /** The parent has said which callables no request will name any more. */
  forget({ forgotten }: ForgetMessage): void {
    for (const id of forgotten) {
      this.#inbox.forget(id);
      if (id < SMALL_NUMBERS) this.#small[id] = undefined;
      else this.#large.delete(id);
    }
    // Functions take little of the heap and much memory beside it, so the engine would collect them late.
    collectGarbage(true);
  }
}
