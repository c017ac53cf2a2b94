import { TASK_CALLABLE } from "../../native-queue/index.ts";
import { loadCallable } from "../callable/load.ts";
import type { CallableDefinition, LoadableDefinition, RunnerDefinition } from "../callable/load.ts";
import type { RunnerHost } from "../collections/chunk-runner.ts";
import type { CreditMessage, ForgetMessage } from "../protocol/index.ts";
import type { ActiveRuns } from "./active-runs.ts";
import type { Inbox } from "./inbox.ts";
import type { Responder } from "./responder.ts";
import { Map, Set, collectGarbage } from "../runtime/index.ts";

/** A callable as the run loop calls it. */
export type LoadedCallable = (...args: unknown[]) => unknown;

/** Callables with smaller numbers are found by index. */
const SMALL_NUMBERS = 4096;

/** Whether a definition means the same function each time. */
function isLasting(definition: CallableDefinition): boolean {
  if (definition.kind === "runner") return definition.functions.every(isLasting);
  return definition.kind !== "local" || definition.isLasting;
}

/** The callables that this worker has loaded, by number. Each is loaded when a request first names it. */
export class LoadedCallables {
  readonly #inbox: Inbox;
  /** Those with small numbers, which are all of them in most programs. */
  readonly #small: (LoadedCallable | undefined)[] = [];
  /** The others: in an array they would leave ever more holes. */
  readonly #large = new Map<number, LoadedCallable>();
  readonly #runs: Pick<ActiveRuns, "atHand">;
  readonly #responder: Pick<Responder, "report" | "views">;
  /** What tells the results that runs of several items have so far. */
  readonly #lastReports = new Set<() => void>();
  readonly #streams: RunnerHost["streams"] = new Map();

  /**
   * @param inbox has the definitions
   * @param runs tells a runner for which task it was called
   * @param responder takes what a runner reports
   */
  constructor(
    inbox: Inbox,
    runs: Pick<ActiveRuns, "atHand">,
    responder: Pick<Responder, "report" | "views">,
  ) {
    this.#inbox = inbox;
    this.#runs = runs;
    this.#responder = responder;
  }

  /** The parent gives credit to the run of a stream, or has asked it to stop. Wakes that run, if it waits. */
  wakeStream(task: number, generation: number, credit: number): void {
    const stream = this.#streams.get(task);
    if (stream?.generation === generation) stream.wake(credit);
  }

  /** The consumer of a stream has taken values. */
  credit({ creditTask, generation, values }: CreditMessage): void {
    this.wakeStream(creditTask, generation, values);
  }

  /** Tells the parent, before the worker ends, what its runs have results of. Blocks while the result ring is full. */
  reportAll(): void {
    for (const report of this.#lastReports) report();
  }

  /** The callable, if it is loaded. */
  get(id: number): LoadedCallable | undefined {
    return id < SMALL_NUMBERS ? this.#small[id] : this.#large.get(id);
  }

  /** The function of the program that a task calls which runs, if it is known: a runner calls those that it has. */
  functionOf(task: number): LoadableDefinition | undefined {
    const { views } = this.#responder;
    const id = views.words[views.task(task) + TASK_CALLABLE] as number;
    const definition = this.#inbox.knownDefinition(id);
    return definition?.kind === "runner" ? definition.functions[0] : definition;
  }

  /** The callable, loaded if it is not. Rejects with the reason why it cannot be loaded. */
  async load(id: number): Promise<LoadedCallable> {
    const loaded = this.get(id);
    if (loaded !== undefined) return loaded;
    const definition = await this.#inbox.definition(id);
    const callable = await this.#load(definition);
    if (!isLasting(definition)) return callable;
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

  #load(definition: CallableDefinition): Promise<LoadedCallable> {
    return definition.kind === "runner" ? this.#loadRunner(definition) : loadCallable(definition);
  }

  async #loadRunner({ name, functions }: RunnerDefinition): Promise<LoadedCallable> {
    // Late, because most workers run no chunk, and a worker must start quickly.
    const { makeRunner } = await import("../collections/chunk-runner.ts");
    const callables = [];
    for (const definition of functions) callables.push(await loadCallable(definition));
    return makeRunner(name, callables, this.#runnerHost());
  }

  #runnerHost(): RunnerHost {
    const runs = this.#runs;
    const { report, views } = this.#responder;
    return {
      views,
      report,
      lastReports: this.#lastReports,
      streams: this.#streams,
      get taskAtHand() {
        return runs.atHand;
      },
    };
  }
}
