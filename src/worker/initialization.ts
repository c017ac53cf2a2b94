import { explainFailure, loadCallable, preload } from "../callable/load.ts";
import type { LazyDecoder } from "../codec/index.ts";
import type { InitializerMessage } from "../protocol/index.ts";
import type { ActiveRuns } from "./active-runs.ts";
import type { Responder } from "./responder.ts";

/** What a worker does before its first request: it loads modules, and runs its initializer. */
export class Initialization {
  readonly #decoder: LazyDecoder;
  readonly #responder: Responder;
  readonly #activeRuns: ActiveRuns;

  constructor(decoder: LazyDecoder, responder: Responder, activeRuns: ActiveRuns) {
    this.#decoder = decoder;
    this.#responder = responder;
    this.#activeRuns = activeRuns;
  }

  /** Loads a module that comes before the program. Returns false when that has failed; the parent is told of the error. */
  async tryPreload(module: string): Promise<boolean> {
    try {
      await preload(module);
      return true;
    } catch (error) {
      this.#responder.failInitializer(error);
      return false;
    }
  }

  /** Runs the initializer. Returns false when it has failed; the parent is told of the error. */
  async tryRun({ definition, encodedArgs, handles }: InitializerMessage): Promise<boolean> {
    let initializer: Awaited<ReturnType<typeof loadCallable>> | undefined;
    try {
      initializer = await loadCallable(definition);
      const args = this.#decoder.made.decode(
        encodedArgs,
        0,
        encodedArgs.length,
        handles,
      ) as unknown[];
      await this.#activeRuns.initialize(initializer, args);
      return true;
    } catch (error) {
      const failure = initializer === undefined ? error : explainFailure(error, initializer);
      this.#responder.failInitializer(failure);
      return false;
    }
  }
}
