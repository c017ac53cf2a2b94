/** Ends workers, one every 1 to 50 ms. */
import type { ThreadPool, WorkerThread } from "../../src/index.ts";
import type { Ledger } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { Requests } from "./requests.ts";

const SHORTEST_MS = 1;
const LONGEST_MS = 50;
/**
 * A blocked pool does not hear that a thread which it has killed is gone, and keeps its slot of 256 until
 * then. So many kills between two turns of the event loop leave enough of them.
 */
const MOST_BETWEEN_TURNS = 100;

export class Kills {
  terminated = 0;
  readonly #pool: ThreadPool;
  readonly #random: Random;
  readonly #requests: Requests;
  readonly #ledger: Ledger;
  #dueAt = 0;
  #sinceTurn = 0;
  #isOver = false;
  /** Each way to end a worker, and how often it is chosen. */
  readonly #ways = [
    { weight: 4, kill: () => this.#terminate() },
    { weight: 3, kill: () => this.#requests.putExit() },
    { weight: 3, kill: () => this.#requests.putUncaught() },
  ];

  constructor(pool: ThreadPool, random: Random, requests: Requests, ledger: Ledger) {
    this.#pool = pool;
    this.#random = random;
    this.#requests = requests;
    this.#ledger = ledger;
  }

  /** Call it at every opportunity. */
  ifDue(): void {
    const now = performance.now();
    if (this.#isOver || now < this.#dueAt || this.#sinceTurn >= MOST_BETWEEN_TURNS) return;
    this.#dueAt = now + this.#random.between(SHORTEST_MS, LONGEST_MS);
    this.#sinceTurn += 1;
    this.#random.pickWeighted(this.#ways).kill();
  }

  /** The event loop has turned. */
  turned(): void {
    this.#sinceTurn = 0;
  }

  stop(): void {
    this.#isOver = true;
  }

  #terminate(): void {
    const { workers, dismissedWorkers } = this.#pool;
    const alive = [...workers, ...dismissedWorkers].filter(({ state }) => state !== "ended");
    if (alive.length === 0) return;
    const worker: WorkerThread = this.#random.pick(alive);
    worker.terminate();
    this.terminated += 1;
    if (worker.state !== "ended") this.#ledger.violate(`terminated and still ${worker.state}`);
  }
}
