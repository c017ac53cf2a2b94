import { availableParallelism } from "node:os";
import { NoWorkersAvailable, PoolClosed, ThreadPool, WorkerDied, fromModule } from "../index.ts";
import type { ModuleCallables } from "../index.ts";
import { Error, URL } from "../runtime/index.ts";
import type { FoundModule } from "./module-path.ts";
import type { RunSettings } from "./settings.ts";
import type * as task from "./task.ts";
import { UsageError } from "./usage-error.ts";

/** The part that runs in the workers, as seen from this file: beside the source that you read, or in a built package. */
const TASK = import.meta.path.endsWith("worker-pool.ts") ? "./task.ts" : "./ringpool-cli-task.js";

/** The pool of the command: its workers have loaded the user's module. */
export class WorkerPool {
  readonly #tasks: ModuleCallables<typeof task>;
  readonly #pool: ThreadPool;
  readonly #module: FoundModule;

  /** @param total how many inputs there are, if that is known: more workers would have nothing to do */
  constructor(module: FoundModule, settings: RunSettings, total: number | undefined) {
    const { jobs = availableParallelism(), timeoutMs, form, lastArgument } = settings;
    this.#module = module;
    this.#tasks = fromModule<typeof task>(new URL(TASK, import.meta.url));
    this.#pool = new ThreadPool(Math.max(1, Math.min(jobs, total ?? jobs)), {
      initializer: this.#tasks.prepare,
      initargs: [{ ...module, form, lastArgument }],
      timeoutMs,
      name: "ringpool run",
    });
  }

  /**
   * The name of the function that is called.
   *
   * @throws UsageError when the module cannot be loaded, or has no such function
   */
  async functionName(): Promise<string> {
    try {
      return await this.#pool.run(this.#tasks.chosenName, []);
    } catch (error) {
      throw loadError(error, this.#module);
    }
  }

  /** How many calls can run at a time. */
  get size(): number {
    return this.#pool.workers.length;
  }

  /** Calls the function for an input. Resolves to its result as JSON. */
  call(input: string): Promise<string> {
    return this.#pool.run(this.#tasks.runInput, [input]);
  }

  /** The call of an input, as a line of source. */
  describe(input: string): Promise<string> {
    return this.#pool.run(this.#tasks.describeCall, [input]);
  }

  /** Begins no more calls. Those that run go on; the others reject. */
  finishRunning(): void {
    this.#pool.dismissWorkers(this.#pool.workers.length);
  }

  /** Ends everything now. Calls that have not ended reject. */
  terminate(): void {
    this.#pool.terminate();
  }

  /** Waits until the workers have ended. What they have printed is written by then. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** Whether a call was not made, or not to its end, because the pool has ended or is ending. */
export function isPoolOver(error: unknown): boolean {
  return error instanceof PoolClosed || error instanceof NoWorkersAvailable;
}

/** What made the pool fail before it could run anything: as a rule the module, in the initializer. */
function loadError(error: unknown, { path }: FoundModule): unknown {
  if (!(error instanceof PoolClosed)) return error;
  const { cause } = error;
  if (!(cause instanceof Error)) return new UsageError(error.message);
  if (!(cause instanceof WorkerDied)) return new UsageError(cause.message, { cause });
  return new UsageError(
    `The module ends its thread while it is loaded, as process.exit() does; move that into "if (import.meta.main) { ... }": exitCode=${cause.exitCode} module=${path}`,
    { cause },
  );
}
