/** The storm's book of requests: what was put, how it ended, and whether it might end so. */
import { RequestTimeout, WorkerDied } from "../../src/index.ts";
import { STOPPED } from "./limits.ts";
import { EXIT_CODE, UNCAUGHT } from "./tasks.ts";
import type { Runs } from "./tasks.ts";

/** How a worker is ended. */
export type KillKind = "terminate" | "exit" | "uncaught";

/** A request that was put and has not ended. */
export interface Entry {
  /** The callable and the payload, for the dump of a storm that hangs. */
  readonly what: string;
  /** The checksum of its result; undefined when it ends its worker and can have none. */
  readonly expected: number | undefined;
  /** Counts its runs. */
  readonly runs?: Runs | undefined;
  /** Whether it may be stopped before it is done. */
  readonly mayBeStopped?: boolean | undefined;
  /** How often it may run again when its worker dies. */
  readonly retries?: number | undefined;
  /** The message of the RangeError that it may fail with. When nothing else is expected of it, it must. */
  readonly fails?: string | undefined;
  /** What is wrong with its children's runs. Asked when it is settled, and when all is over. */
  readonly wrongRuns?: ((isWhole: boolean) => string | undefined) | undefined;
}

const MOST_VIOLATIONS = 20;
/** Of the latest trees, so many are looked at again when all is over: a child must not run on and on. */
const MOST_KEPT = 2000;

export class Ledger {
  readonly unsettled: Map<number, Entry> = new Map();
  readonly violations: string[] = [];
  succeeded = 0;
  /** Requests that were stopped: aborted, or out of time. */
  stopped = 0;
  /** Requests that failed as they were to. */
  failed = 0;
  readonly #trees: Entry[] = [];
  /** Requests that died, by what ended their worker. */
  readonly died: Record<KillKind, number> = { terminate: 0, exit: 0, uncaught: 0 };
  /** Workers that a request has died with. One that runs one at a time cannot be named twice. */
  readonly #deadWorkers = new Set<number>();
  readonly #requestsPerWorker: number;
  #lastId = 0;

  /** @param requestsPerWorker how many a worker runs at a time */
  constructor(requestsPerWorker: number) {
    this.#requestsPerWorker = requestsPerWorker;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  get settled(): number {
    const { terminate, exit, uncaught } = this.died;
    return this.succeeded + this.stopped + this.failed + terminate + exit + uncaught;
  }

  open(id: number, entry: Entry): void {
    this.unsettled.set(id, entry);
  }

  /** A request has a result, with that checksum. */
  succeed(id: number, sum: number): void {
    const entry = this.#close(id);
    if (entry === undefined) return;
    this.succeeded += 1;
    this.#checkRuns(entry, true);
    const runs = entry.runs?.[0] ?? 1;
    if (entry.expected === undefined) this.violate(`it succeeded: ${id} ${entry.what}`);
    else if (sum !== entry.expected) this.violate(`a wrong result: ${id} ${entry.what}`);
    if (runs < 1 || runs > 1 + (entry.retries ?? 0))
      this.violate(`a result of so many runs: ${id} ${entry.what} runs=${runs}`);
  }

  /** A request has failed, which it may if its worker died. */
  fail(id: number, error: unknown): void {
    const entry = this.#close(id);
    if (entry === undefined) return;
    this.#checkRuns(entry, false);
    if (entry.fails !== undefined && error instanceof RangeError && error.message === entry.fails) {
      this.failed += 1;
      return;
    }
    if (error === STOPPED || error instanceof RequestTimeout) {
      this.stopped += 1;
      if (entry.mayBeStopped !== true) this.violate(`it was stopped: ${id} ${entry.what}`);
      return;
    }
    if (!(error instanceof WorkerDied)) {
      this.violate(`it failed: ${id} ${entry.what} error=${Bun.inspect(error)}`);
      return;
    }
    const kind = killOf(error);
    if (kind === undefined) this.violate(`a death of no known kind: ${Bun.inspect(error)}`);
    else this.died[kind] += 1;
    if (this.#requestsPerWorker === 1 && this.#deadWorkers.has(error.workerId)) {
      this.violate(`a second request of a worker that died: ${id} ${entry.what} ${error.message}`);
    }
    this.#deadWorkers.add(error.workerId);
    const runs = entry.runs?.[0] ?? 0;
    if (runs > 1 + (entry.retries ?? 0))
      this.violate(`it died and ran so often: ${id} ${entry.what} runs=${runs}`);
  }

  /** When all is over: looks again at what the children of the latest trees have run. */
  checkTrees(): void {
    for (const entry of this.#trees) this.#checkRuns(entry, false);
  }

  #checkRuns(entry: Entry, isWhole: boolean): void {
    const { wrongRuns, what } = entry;
    if (wrongRuns === undefined) return;
    const wrong = wrongRuns(isWhole);
    if (wrong !== undefined) this.violate(`children ran wrongly: ${what}: ${wrong}`);
  }

  violate(what: string): void {
    if (this.violations.length < MOST_VIOLATIONS) this.violations.push(what);
  }

  /** Whether a request of this worker has died. */
  hasDied(workerId: number): boolean {
    return this.#deadWorkers.has(workerId);
  }

  #close(id: number): Entry | undefined {
    const entry = this.unsettled.get(id);
    if (entry === undefined) this.violate(`settled twice: ${id}`);
    this.unsettled.delete(id);
    if (entry?.wrongRuns !== undefined && this.#trees.push(entry) > MOST_KEPT) this.#trees.shift();
    return entry;
  }
}

function killOf({ exitCode, cause }: WorkerDied): KillKind | undefined {
  if (exitCode === null) return "terminate";
  if (isUncaught(cause)) return "uncaught";
  // Nobody awaited a child, and the worker that had taken it was ended.
  if (cause instanceof WorkerDied && cause.message.includes("had taken this child"))
    return "uncaught";
  return exitCode === EXIT_CODE ? "exit" : undefined;
}

function isUncaught(error: unknown): boolean {
  return error instanceof RangeError && error.message === UNCAUGHT;
}
