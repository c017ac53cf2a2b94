import { loadStorages, loadedStorages, withStores } from "../callable/load.ts";
import type { CarriedStorage, StorageDefinition } from "../callable/load.ts";
import { LazyDecoder } from "../codec/index.ts";
import type { ActiveRuns } from "./active-runs.ts";
import type { Inbox } from "./inbox.ts";
import type { LoadedCallable } from "./loaded-callables.ts";
import type { RunContexts } from "./run-context.ts";

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
  readonly #runs: Pick<ActiveRuns, "resume">;
  readonly #contexts: Pick<RunContexts, "noteCarried">;

  /**
   * @param inbox finds the buffers that values name by number
   * @param runs calls what had to wait for a storage
   * @param contexts are told which storages a run has
   */
  constructor(
    { sharedBuffer }: Pick<Inbox, "sharedBuffer">,
    runs: Pick<ActiveRuns, "resume">,
    contexts: Pick<RunContexts, "noteCarried">,
  ) {
    this.#decoder = new LazyDecoder(sharedBuffer, "carry");
    this.#runs = runs;
    this.#contexts = contexts;
  }

  /** The callable for a call, by the run of a task, whose last argument are its stores. */
  within(callable: LoadedCallable, task: number): LoadedCallable {
    return (...args) => {
      const [bytes, places, ...handles] = args.pop() as EncodedStores;
      const stores = this.#decoder.made.decode(bytes, 0, bytes.length, handles) as unknown[];
      const call = (storages: readonly CarriedStorage[]): unknown => {
        this.#contexts.noteCarried(task, storages);
        return withStores(storages, stores, () => callable(...args));
      };
      const storages = loadedStorages(places);
      return storages === undefined ? this.#loadThenCall(places, task, call) : call(storages);
    };
  }

  /** Other runs of the worker may have gone on meanwhile. */
  async #loadThenCall(
    places: readonly StorageDefinition[],
    task: number,
    call: (storages: readonly CarriedStorage[]) => unknown,
  ): Promise<unknown> {
    const storages = await loadStorages(places);
    return this.#runs.resume(task, () => call(storages));
  }
}
