/**
 * A pool under fire: requests of every kind without end, workers that are killed every few milliseconds,
 * a number of workers that grows and shrinks, results that are waited for in every way there is.
 *
 * Every choice comes from one seeded generator. Something more to do to the pool is one more line in a
 * table: `#deliveries` and `#disturbances` here, the ways to kill in `kills.ts`.
 */
import { NoResultsPending, ThreadPool } from "../../src/index.ts";
import type { ThreadPoolOptions } from "../../src/index.ts";
import { ARENAS } from "../../src/protocol/index.ts";
import { audit } from "./audit.ts";
import { HangWatch, StormHangs } from "./hang-watch.ts";
import { Kills } from "./kills.ts";
import { Ledger } from "./ledger.ts";
import type { KillKind } from "./ledger.ts";
import { Limits } from "./limits.ts";
import { MemorySamples } from "./memory-samples.ts";
import type { MemorySample } from "./memory-samples.ts";
import { QueueTap } from "./queue-tap.ts";
import { Random } from "./random.ts";
import { Requests } from "./requests.ts";
import { lengthOf } from "./tasks.ts";

const MOST_IN_A_BURST = 400;
/** A burst now and then that does not fit the queue of 1,024. */
const LONG_BURST = 1500;
/** A share of the bursts has results of which eight or so fill a ring. */
const LONG_RESULTS = 0.1;
const MOST_PENDING = 4000;
const SAMPLE_EVERY_MS = 2000;
/**
 * So many rounds after that without kills. Each death makes the pool wake everybody, and would hide a wake-up
 * that was lost; and what the dead may have left behind shows only when no other death clears it away.
 */
const LULL_ROUNDS = 10;
/** A storm that settles nothing for so long hangs. */
const HANG_AFTER_MS = 20_000;
/** In callbacks: how often one does more than to book its result. */
const DISTURBANCE_IN_CALLBACK = 0.004;

type Bounds = ThreadPoolOptions & { readonly resqSize: number };

/** What a pool may be bounded by; each storm takes one of these. */
const BOUNDS: readonly Bounds[] = [
  { qSize: 0, resqSize: 0, delivery: "auto" },
  { qSize: 0, resqSize: 0, delivery: "auto" },
  { qSize: 16, resqSize: 0, delivery: "auto" },
  { qSize: 0, resqSize: 20, delivery: "auto" },
  { qSize: 3, resqSize: 5, delivery: "manual" },
  { qSize: 0, resqSize: 0, delivery: "auto", concurrencyPerWorker: 3 },
];
/** Of the storms, so many use priorities. */
const PRIORITIES_SHARE = 0.25;
/** So long a run that is stopped may go on before its worker is killed. */
const GRACE_MS = 5;

export interface StormOptions {
  readonly seed: number;
  readonly workers: number;
  readonly durationMs: number;
  /** Called every two seconds or so. */
  readonly onProgress?: (progress: StormProgress) => void;
}

export interface StormProgress {
  readonly seconds: number;
  readonly settled: number;
  readonly kills: Readonly<Record<KillKind, number>>;
  readonly memory: MemorySample;
}

export interface StormReport {
  readonly seed: number;
  /** The pool's options, by that seed. */
  readonly bounds: Bounds;
  readonly seconds: number;
  readonly settled: number;
  readonly succeeded: number;
  /** Requests that were aborted or out of time. */
  readonly stopped: number;
  /** Requests whose children failed as they were to. */
  readonly failed: number;
  /** Children that have run, and those of them that another worker than their parent's has run. */
  readonly children: { readonly inPlace: number; readonly taken: number };
  /** Requests that died with their worker, by what ended it. */
  readonly died: Readonly<Record<KillKind, number>>;
  readonly kills: Readonly<Record<KillKind, number>>;
  /** Workers that were started, the first ones included. */
  readonly workersStarted: number;
  readonly memory: { readonly first: MemorySample; readonly last: MemorySample };
  /** What must not be; empty when all is well. */
  readonly violations: readonly string[];
}

export class Storm {
  readonly #options: StormOptions;
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #watch = new HangWatch(HANG_AFTER_MS);
  readonly #tap: QueueTap;
  readonly #bounds: Bounds;
  readonly #usesPriorities: boolean;
  readonly #limits: Limits;
  readonly #pool: ThreadPool;
  readonly #requests: Requests;
  readonly #kills: Kills;
  readonly #samples = new MemorySamples();
  readonly #startedAt = performance.now();
  #sampledAt = 0;

  readonly #deliveries = [
    { weight: 4, deliver: async () => this.#pool.wait() },
    { weight: 4, deliver: () => this.#pool.settled() },
    { weight: 5, deliver: () => this.#turns() },
    { weight: 3, deliver: async () => this.#poll() },
    { weight: 3, deliver: async () => this.#requests.runSync() },
    { weight: 3, deliver: async () => this.#neglect() },
  ];
  readonly #disturbances = [
    { weight: 3, disturb: () => this.#requests.putAnswer() },
    { weight: 1, disturb: () => this.#requests.runSync() },
    { weight: 1, disturb: () => this.#grow() },
    { weight: 1, disturb: () => this.#shrink() },
    { weight: 1, disturb: () => this.#limits.abort() },
    { weight: 1, disturb: () => this.#requests.putEndless() },
  ];

  constructor(options: StormOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#tap = new QueueTap((slot, memory) => this.#watch.sees(slot, memory));
    this.#bounds = this.#random.pick(BOUNDS);
    this.#usesPriorities = this.#random.chance(PRIORITIES_SHARE);
    const { concurrencyPerWorker = 1 } = this.#bounds;
    this.#ledger = new Ledger(concurrencyPerWorker);
    this.#limits = new Limits(this.#random, this.#usesPriorities);
    this.#pool = new ThreadPool(options.workers, { ...this.#bounds, graceMs: GRACE_MS });
    this.#requests = new Requests(this.#pool, this.#random, this.#ledger, this.#limits, () =>
      this.#settled(),
    );
    this.#kills = new Kills(this.#pool, this.#random, this.#requests, this.#ledger, this.#tap);
  }

  /** @throws StormHangs when it does not go on */
  async run(): Promise<StormReport> {
    const { promise: hang, reject } = Promise.withResolvers<never>();
    const ticking = setInterval(() => {
      this.#kills.ifDue();
      try {
        this.#watch.check();
      } catch (error) {
        reject(error);
      }
    }, 1);
    try {
      await Promise.race([this.#storm(), hang]);
    } catch (error) {
      if (error instanceof StormHangs) this.#printWhatIsKnown();
      throw error;
    } finally {
      clearInterval(ticking);
      this.#watch.stop();
    }
    return this.#report();
  }

  async #storm(): Promise<void> {
    // All arenas are made now: the engine counts them as memory of the heap, which is compared.
    for (const arena of ARENAS) this.#pool.runSync(lengthOf, [new Uint8Array(arena.bytes / 32)]);
    let lullRounds = 0;
    while (this.#hasTime) {
      if (lullRounds > 0) lullRounds -= 1;
      else this.#kills.start();
      await this.#round();
      if (performance.now() - this.#sampledAt < SAMPLE_EVERY_MS) continue;
      await this.#sample();
      lullRounds = LULL_ROUNDS;
    }
    await this.#calm();
    const { workers } = this.#options;
    const rooms: number[] = [];
    if (this.#bounds.resqSize > 0) rooms.push(this.#bounds.resqSize);
    if (this.#usesPriorities) rooms.push(workers);
    const room = rooms.length === 0 ? undefined : Math.min(...rooms);
    await audit({ pool: this.#pool, tap: this.#tap, ledger: this.#ledger, workers, room }, () =>
      this.#watch.beat(),
    );
    await this.#pool.close();
  }

  async #round(): Promise<void> {
    this.#burst();
    if (this.#random.chance(0.3)) this.#limits.abort();
    if (this.#random.chance(0.2)) this.#random.pick([() => this.#grow(), () => this.#shrink()])();
    if (this.#pool.workRequests.size > MOST_PENDING) this.#pool.wait();
    await this.#random.pickWeighted(this.#deliveries).deliver();
    this.#watch.beat();
  }

  get #hasTime(): boolean {
    return performance.now() - this.#startedAt < this.#options.durationMs;
  }

  #burst(): void {
    const areResultsLong = this.#random.chance(LONG_RESULTS);
    this.#requests.areResultsLong = areResultsLong;
    let puts = this.#random.sizeBetween(1, MOST_IN_A_BURST);
    if (areResultsLong) puts = this.#random.between(50, 200);
    else if (this.#random.chance(0.01)) puts = LONG_BURST;
    for (let i = 0; i < puts && this.#hasTime; i++) {
      this.#requests.putAnswer();
      this.#kills.ifDue();
    }
    // Nobody reads them, and the rings fill.
    if (areResultsLong) this.#neglect();
  }

  /** Called in each callback. */
  #settled(): void {
    this.#watch.beat();
    this.#kills.ifDue();
    if (!this.#hasTime || !this.#random.chance(DISTURBANCE_IN_CALLBACK)) return;
    this.#random.pickWeighted(this.#disturbances).disturb();
  }

  async #turns(): Promise<void> {
    const end = performance.now() + this.#random.between(0, 20);
    do await new Promise((resolve) => setImmediate(resolve));
    while (performance.now() < end);
  }

  /** Does something else, so that the workers have done all they can: result rings fill, or all are parked. */
  #neglect(): void {
    const end = performance.now() + this.#random.between(1, 20);
    while (performance.now() < end) this.#kills.ifDue();
  }

  #poll(): void {
    try {
      this.#pool.poll();
    } catch (error) {
      if (!(error instanceof NoResultsPending)) throw error;
    }
  }

  #grow(): void {
    const room = 2 * this.#options.workers - this.#pool.workers.length;
    if (room > 0) this.#pool.createWorkers(this.#random.between(1, Math.min(room, 3)));
  }

  #shrink(): void {
    const spare = this.#pool.workers.length - 1;
    if (spare > 0)
      this.#pool.dismissWorkers(
        this.#random.between(1, Math.min(spare, 3)),
        this.#random.chance(0.3),
      );
    if (this.#random.chance(0.3)) this.#pool.joinAllDismissedWorkers();
  }

  /** As many workers as at the start, the dead gone, and nothing pending: memory is compared like this. */
  async #calm(): Promise<void> {
    this.#kills.stop();
    const missing = this.#options.workers - this.#pool.workers.length;
    if (missing > 0) this.#pool.createWorkers(missing);
    else this.#pool.dismissWorkers(-missing);
    this.#pool.joinAllDismissedWorkers();
    while (this.#ledger.unsettled.size > 0) {
      await this.#pool.settled();
      // What the pool has lost is not pending there: without a turn this would not be seen to hang.
      await this.#turns();
    }
    // What was stopped is settled, and has its grace.
    while (this.#pool.stats().running > 0) await this.#turns();
    while (this.#tap.threads > this.#pool.workers.length) await this.#turns();
  }

  async #sample(): Promise<void> {
    await this.#calm();
    const memory = this.#samples.take();
    this.#sampledAt = performance.now();
    const seconds = (this.#sampledAt - this.#startedAt) / 1000;
    const { settled } = this.#ledger;
    this.#options.onProgress?.({ seconds, settled, kills: this.#killsByKind, memory });
  }

  /** Terminations as they were done; the others as their requests tell of them. */
  get #killsByKind(): Record<KillKind, number> {
    return { ...this.#ledger.died, terminate: this.#kills.terminated };
  }

  #report(): StormReport {
    const { died, succeeded, stopped, failed, settled, violations } = this.#ledger;
    const { children } = this.#pool.stats();
    if (children.inPlace === 0) this.#ledger.violate("a storm without children");
    if (stopped === 0) this.#ledger.violate("a storm without stopped requests");
    if (this.#samples.hasGrown) this.#ledger.violate("memory has grown");
    for (const [kind, count] of Object.entries(this.#killsByKind)) {
      if (count === 0) this.#ledger.violate(`a storm without kills by ${kind}`);
    }
    return {
      seed: this.#options.seed,
      bounds: this.#bounds,
      seconds: Math.round((performance.now() - this.#startedAt) / 1000),
      settled,
      succeeded,
      stopped,
      failed,
      children,
      died,
      kills: this.#killsByKind,
      workersStarted: this.#tap.started,
      memory: this.#samples.thirds,
      violations,
    };
  }

  #printWhatIsKnown(): void {
    const { unsettled, violations } = this.#ledger;
    const { workers, dismissedWorkers } = this.#pool;
    const states = [...workers, ...dismissedWorkers].map(({ id, state }) => `${id} ${state}`);
    console.error("seed", this.#options.seed, this.#bounds, "violations", violations);
    console.error("stats", this.#pool.stats());
    console.error("workers", workers.length, "dismissed", dismissedWorkers.length, states);
    console.error("unsettled", unsettled.size, [...unsettled].slice(0, 30));
  }
}
