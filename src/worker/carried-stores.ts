import type { AsyncLocalStorage } from "node:async_hooks";
import { loadStorage } from "../callable/load.ts";
import type { StorageDefinition } from "../callable/load.ts";
import { LazyDecoder } from "../codec/index.ts";
import { Map } from "../runtime/index.ts";
import type { ActiveRuns } from "./active-runs.ts";
import type { LoadedCallable } from "./loaded-callables.ts";

/** What stands behind the arguments of a request with stores; see `encodeStores` of the pool. */
type EncodedStores = readonly [
  bytes: Uint8Array,
  places: readonly StorageDefinition[],
  ...handles: readonly unknown[],
];

/**
 * Calls callables with the stores that were carried to this worker. The storages are those that modules export here, so a
 * callable that imports one sees its store, and so does all that it starts.
 */
export class CarriedStores {
  readonly #decoder: LazyDecoder;
  readonly #storages = new Map<string, AsyncLocalStorage<unknown>>();

  readonly #runs: Pick<ActiveRuns, "resume">;

  /**
   * @param sharedBuffer finds the buffers that values name by number
   * @param runs calls what had to wait for a storage
   */
  constructor(
    sharedBuffer: ConstructorParameters<typeof LazyDecoder>[0],
    runs: Pick<ActiveRuns, "resume">,
  ) {
    this.#decoder = new LazyDecoder(sharedBuffer, "carry");
    this.#runs = runs;
  }

  /** The callable for a call, by the run of a task, whose last argument are its stores. */
  within(callable: LoadedCallable, task: number): LoadedCallable {
    return (...args) => {
      const [bytes, places, ...handles] = args.pop() as EncodedStores;
      const stores = this.#decoder.made.decode(bytes, 0, bytes.length, handles) as unknown[];
      const call = (): unknown => this.#enter(places, stores, 0, () => callable(...args));
      const missing = places.filter((place) => !this.#storages.has(keyOf(place)));
      return missing.length === 0 ? call() : this.#loadThenCall(missing, task, call);
    };
  }

  /** Other runs of the worker may have gone on meanwhile. */
  async #loadThenCall(
    missing: readonly StorageDefinition[],
    task: number,
    call: () => unknown,
  ): Promise<unknown> {
    for (const place of missing) this.#storages.set(keyOf(place), await loadStorage(place));
    return this.#runs.resume(task, call);
  }

  #enter(
    places: readonly StorageDefinition[],
    stores: readonly unknown[],
    from: number,
    call: () => unknown,
  ): unknown {
    const place = places[from];
    if (place === undefined) return call();
    const enterNext = (): unknown => this.#enter(places, stores, from + 1, call);
    const store = stores[from];
    // A storage that had no store where the request was put.
    if (store === undefined) return enterNext();
    return this.#storages.get(keyOf(place))!.run(store, enterNext);
  }
}

function keyOf({ url, bundled = "", name }: StorageDefinition): string {
  return `${name}\n${bundled}\n${url}`;
}
