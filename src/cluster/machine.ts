import { ThreadPool } from "../index.ts";
import {
  Bun,
  clearInterval,
  Date,
  exitProcess,
  Map,
  performanceNow,
  process,
  Promise,
  promiseWithResolvers,
  setInterval,
} from "../runtime/index.ts";
import { Cancellations } from "./cancellations.ts";
import type { MachineCounts, MachineParts } from "./chunk-run.ts";
import { startChunkWorker } from "./chunk-worker.ts";
import { RedisServer } from "./connection.ts";
import type { Link } from "./connection.ts";
import { ControlReader } from "./control-stream.ts";
import type { ControlMessage } from "./control-stream.ts";
import { loadEngine } from "./engine.ts";
import type { Engine, Worker } from "./engine.ts";
import { AbandonedProducers } from "./abandoned-producers.ts";
import { hostName } from "./host-name.ts";
import { resolveMachineOptions } from "./machine-options.ts";
import type { MachineOptions, ResolvedMachineOptions } from "./machine-options.ts";
import { ClusterNames, isName } from "./names.ts";
import { Heartbeat, present, presentOf } from "./presence.ts";
import type { MachinePresence, ProducerPresence } from "./presence.ts";
import { ResultWriter } from "./result-writer.ts";

/** How often a machine that ends looks whether requests run. */
const LOOK_MS = 50;

/** A machine that serves a cluster: what `serveMachine` returns. */
export interface Machine {
  /** What producers and figures call it. */
  readonly id: string;
  /** The pool whose threads run the requests, for its figures and spans. The machine closes it. */
  readonly pool: ThreadPool;
  /** What this machine has done so far. */
  stats(): MachinePresence;
  /**
   * Takes no more chunks, finishes those that it has, and closes its threads and connections. While the server is away it
   * waits for it, up to `lockDurationMs` and twice `stallCheckMs`; then its chunks run elsewhere.
   */
  dismiss(): Promise<void>;
  /** Resolves when the machine was dismissed, by whomever, and has finished. */
  readonly ended: Promise<void>;
}

/**
 * Serves a cluster with the threads of this machine, until it is dismissed: by SIGTERM, by `dismiss`, or by a producer.
 *
 * Requests run in the threads of a `ThreadPool`, never in this one, which renews the locks of what runs.
 *
 * @throws ThreadPoolError when there is no Redis server, or BullMQ is not installed; TypeError or RangeError for a bad option
 * @example
 * ```ts
 * import { serveMachine } from "ringpool/bullmq";
 * await serveMachine({ name: "math", connection: "redis://10.0.0.5:6379", registry: { fib }, threads: 8 });
 * ```
 */
export async function serveMachine(options: MachineOptions): Promise<Machine> {
  const resolved = resolveMachineOptions(options);
  const server = new RedisServer(options.connection);
  const engine = await loadEngine();
  const [link, control] = await Promise.all([server.open(engine), server.open(engine)]);
  const pool = new ThreadPool(resolved.threads, resolved.pool);
  const machine = new ServingMachine({ resolved, engine, link, control, pool });
  try {
    await machine.start();
  } catch (error) {
    await machine.dismiss().catch(() => {});
    throw error;
  }
  return machine;
}

interface Parts {
  readonly resolved: ResolvedMachineOptions;
  readonly engine: Engine;
  readonly link: Link;
  readonly control: Link;
  readonly pool: ThreadPool;
}

class ServingMachine implements Machine {
  readonly id: string;
  readonly ended: Promise<void>;
  readonly pool: ThreadPool;
  readonly #parts: Parts;
  readonly #names: ClusterNames;
  readonly #host: string;
  readonly #startedAt = Date.now();
  readonly #counts: MachineCounts = { running: 0, succeeded: 0, failed: 0 };
  readonly #cancellations = new Cancellations();
  readonly #writer: ResultWriter;
  /** One worker for each version that is served. */
  readonly #workers = new Map<string, Worker>();
  readonly #heartbeat: Heartbeat;
  readonly #control: ControlReader;
  readonly #abandoned: AbandonedProducers;
  readonly #concurrency: number;
  readonly #settleEnded: () => void;
  #dismissal: Promise<void> | undefined;
  readonly #onSignal = (): void => {
    void this.dismiss().then(() => exitProcess(0));
  };

  constructor(parts: Parts) {
    const { resolved, engine, link } = parts;
    this.#parts = parts;
    this.pool = parts.pool;
    this.#names = new ClusterNames(resolved.name, resolved.prefix);
    this.#host = hostName();
    this.id = resolved.id ?? newId(this.#host);
    this.#writer = new ResultWriter(engine, link, this.#names, this.id);
    // One chunk more than there are threads: its requests wait for a thread while its next one comes.
    this.#concurrency = resolved.threads * (resolved.pool.concurrencyPerWorker ?? 1) + 1;
    const { promise, resolve } = promiseWithResolvers<void>();
    this.ended = promise;
    this.#settleEnded = resolve;
    this.#heartbeat = new Heartbeat(link, () => this.#beat());
    this.#control = new ControlReader(parts.control, this.#names.control, (message) =>
      this.#hear(message),
    );
    this.#abandoned = new AbandonedProducers(engine, link, this.#names);
  }

  async start(): Promise<void> {
    const { version, handleSignals } = this.#parts.resolved;
    await this.#parts.pool.ready();
    if (version === undefined) this.#serve("");
    else this.#serve(version);
    await this.#heartbeat.now();
    if (!handleSignals) return;
    process.once("SIGTERM", this.#onSignal);
    process.once("SIGINT", this.#onSignal);
  }

  stats(): MachinePresence {
    const { resolved } = this.#parts;
    return {
      id: this.id,
      host: this.#host,
      pid: process.pid,
      ...(resolved.version === undefined ? {} : { version: resolved.version }),
      callables: Object.keys(resolved.registry),
      threads: resolved.threads,
      concurrency: this.#concurrency,
      state: this.#dismissal === undefined ? "serving" : "dismissed",
      ...this.#counts,
      startedAt: this.#startedAt,
    };
  }

  dismiss(): Promise<void> {
    return (this.#dismissal ??= this.#dismiss());
  }

  async #dismiss(): Promise<void> {
    const { link, pool } = this.#parts;
    process.off("SIGTERM", this.#onSignal);
    process.off("SIGINT", this.#onSignal);
    void this.#heartbeat.now();
    const workers = [...this.#workers.values()];
    await this.#unlessAway(Promise.allSettled(workers.map((worker) => worker.close())));
    await pool.close();
    this.#heartbeat.stop();
    this.#control.close();
    await this.#unlessAway(this.#writer.close().then(() => this.#leave(link)));
    // What still waits for the server waits for ever: its chunk is not acknowledged, and runs elsewhere.
    link.close();
    this.#settleEnded();
  }

  /**
   * Waits for what needs the server, while requests run here. When none runs, it waits no longer than a chunk stays with a
   * machine that does not renew its lock: then the chunk runs elsewhere, and to wait is in vain.
   */
  async #unlessAway(leaving: Promise<unknown>): Promise<void> {
    const { lockDurationMs, stallCheckMs } = this.#parts.resolved;
    const { promise: isAway, resolve } = promiseWithResolvers<void>();
    let idleSince = performanceNow();
    const timer = setInterval(() => {
      if (this.#counts.running > 0) idleSince = performanceNow();
      else if (performanceNow() - idleSince > lockDurationMs + 2 * stallCheckMs) resolve();
    }, LOOK_MS);
    await Promise.race([leaving, isAway]);
    clearInterval(timer);
  }

  async #leave(link: Link): Promise<void> {
    try {
      await link.send("SREM", [this.#names.machines, this.id]);
      await link.send("DEL", [this.#names.machine(this.id)]);
    } catch {
      // The server is away; what it has of this machine expires.
    }
  }

  async #beat(): Promise<void> {
    const { link, resolved } = this.#parts;
    await link.send("SADD", [this.#names.machines, this.id]);
    await present(link, this.#names.machine(this.id), this.stats());
    await this.#abandoned.look();
    if (resolved.version === undefined) await this.#serveProducers(link);
  }

  /** Serves the versions of all producers that are there. */
  async #serveProducers(link: Link): Promise<void> {
    const ids = (await link.send("HKEYS", [this.#names.producers])) as readonly string[];
    const keyOf = (id: string): string => this.#names.producer(id);
    for (const { version } of await presentOf<ProducerPresence>(link, ids, keyOf))
      this.#serve(version);
  }

  #serve(version: string): void {
    if (this.#workers.has(version) || this.#dismissal !== undefined) return;
    // Anybody may have asked for it.
    if (version !== "" && !isName(version)) return;
    const { engine, link, resolved } = this.#parts;
    const worker = startChunkWorker(this.#names.requests(version), {
      engine,
      connection: link.connection,
      options: resolved,
      machine: this.#machineParts(),
      concurrency: this.#concurrency,
      warn: (error) => resolved.onWarning?.(error),
    });
    this.#workers.set(version, worker);
  }

  #machineParts(): MachineParts {
    const { resolved, pool } = this.#parts;
    return {
      pool,
      registry: resolved.registry,
      cancellations: this.#cancellations,
      writer: this.#writer,
      counts: this.#counts,
      maxPayloadBytes: resolved.maxPayloadBytes,
      trace: resolved.trace,
    };
  }

  #hear(message: ControlMessage): void {
    switch (message.op) {
      case "cancel":
        this.#cancellations.cancel(message.life, message.ids);
        break;
      case "dismiss":
        if (message.machine === this.id) void this.dismiss();
        break;
      case "hello":
        if (this.#parts.resolved.version === undefined) this.#serve(message.version);
        break;
      default: // of a later version of ringpool
    }
  }
}

/** An id that no other machine and no earlier life of this one has. */
function newId(host: string): string {
  const readable = host.replaceAll(/[^A-Za-z0-9.-]/g, "-").slice(0, 40);
  return `m-${readable}-${process.pid}-${Bun.randomUUIDv7().slice(-12)}`;
}
