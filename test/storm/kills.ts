/** Ends workers, one every 1 to 50 ms. */
import type { ThreadPool, WorkerThread } from "../../src/index.ts";
import type { Ledger } from "./ledger.ts";
import type { QueueTap } from "./queue-tap.ts";
import type { Random } from "./random.ts";
import type { Requests } from "./requests.ts";

const SHORTEST_MS = 1;
const LONGEST_MS = 50;
/**
 * Threads that may be about to end at a time. A killed one keeps its slot, of 256, until it is gone, and a pool
 * that is blocked does not hear of that; and the system may take longer to end threads than we to kill them.
 */
const MOST_ENDING = 32;
/** So many without a success in between, and the machine is too slow for more: a start takes longer than a life. */
const MOST_IN_A_ROW = 8;

export class Kills {
  terminated = 0;
  readonly #pool: ThreadPool;
  readonly #random: Random;
  readonly #requests: Requests;
  readonly #ledger: Ledger;
  readonly #tap: QueueTap;
  #dueAt = 0;
  #isOn = false;
  #inARow = 0;
  #succeededBefore = 0;
  /** Each way to end a worker, and how often it is chosen. */
  readonly #ways = [
    { weight: 4, kill: () => this.#terminate() },
    { weight: 3, kill: () => this.#requests.putExit() },
    { weight: 3, kill: () => this.#requests.putUncaught() },
  ];

  constructor(pool: ThreadPool, random: Random, requests: Requests, ledger: Ledger, tap: QueueTap) {
    this.#pool = pool;
    this.#random = random;
    this.#requests = requests;
    this.#ledger = ledger;
    this.#tap = tap;
  }

  /** Call it at every opportunity. */
  ifDue(): void {
    const now = performance.now();
    if (!this.#isOn || now < this.#dueAt || !this.#canKeepUp()) return;
    this.#dueAt = now + this.#random.between(SHORTEST_MS, LONGEST_MS);
    this.#inARow += 1;
    this.#random.pickWeighted(this.#ways).kill();
  }

  /** Whether the machine starts workers as fast as they are killed. */
  #canKeepUp(): boolean {
    if (this.#ledger.succeeded !== this.#succeededBefore) this.#inARow = 0;
    this.#succeededBefore = this.#ledger.succeeded;
    return this.#inARow < MOST_IN_A_ROW && this.#tap.threads - this.#alive.length < MOST_ENDING;
  }

  start(): void {
    this.#isOn = true;
  }

  stop(): void {
    this.#isOn = false;
  }

  get #alive(): WorkerThread[] {
    const { workers, dismissedWorkers } = this.#pool;
    return [...workers, ...dismissedWorkers].filter(({ state }) => state !== "ended");
  }

  #terminate(): void {
    const alive = this.#alive;
    if (alive.length === 0) return;
    const worker: WorkerThread = this.#random.pick(alive);
    worker.terminate();
    this.terminated += 1;
    if (worker.state !== "ended") this.#ledger.violate(`terminated and still ${worker.state}`);
  }
}
