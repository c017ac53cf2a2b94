import { Bun, Map, Promise, RangeError, setTimeout, TypeError } from "../runtime/index.ts";
import type { Link } from "./connection.ts";
import { FEW_EVENTS } from "./engine.ts";
import type { Engine, Queue } from "./engine.ts";
import { MESSAGE_VERSION } from "./messages.ts";
import type { RefusedChunk, ResultsMessage, SentResult } from "./messages.ts";
import type { ClusterNames } from "./names.ts";

/** How long to wait before results that could not be stored are stored again. */
const RETRY_MS = 250;
/** So often results are stored again after an error that tells nothing, while the server answers otherwise. */
const TRIES = 20;
/** Replies of a server that is about to take results again, or that its administrator has to mend. */
const IS_OVER_SOME_TIME =
  /^(OOM|READONLY|LOADING|MISCONF|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|NOAUTH|NOPERM|WRONGPASS)/;
/** Queues that are kept open; the one that was used longest ago is closed. */
const QUEUES_KEPT = 100;

/** Where results go. */
export interface Addressee {
  readonly producer: string;
  readonly life: string;
}

/** Puts results into the queues of their producers. */
export class ResultWriter {
  readonly #engine: Engine;
  readonly #link: Link;
  readonly #names: ClusterNames;
  readonly #machine: string;
  readonly #queues = new Map<string, Queue>();
  /** Also tells this process from an earlier one with the same id, whose results may not be read yet. */
  readonly #nonce = Bun.randomUUIDv7();
  #count = 0;
  #isClosed = false;

  constructor(engine: Engine, link: Link, names: ClusterNames, machine: string) {
    this.#engine = engine;
    this.#link = link;
    this.#names = names;
    this.#machine = machine;
  }

  /**
   * Stores results. It tries until the server has them: while it is away the chunk stays with this machine. After `close` it
   * does not try again, and does not resolve: the chunk is not acknowledged, and runs elsewhere.
   *
   * The job has an id, so that results that were stored by an attempt of which no answer came are not stored twice.
   *
   * @throws the error, when no later attempt can succeed: the server is there and will not take them
   */
  async write({ producer, life }: Addressee, results: readonly SentResult[]): Promise<void> {
    if (results.length > 0) await this.#store(producer, { life, results });
  }

  /** Tells a producer that a chunk of it was not taken. As `write`. */
  async refuse({ producer, life }: Addressee, refused: RefusedChunk): Promise<void> {
    // Anybody may have put the job: what no producer reads is not stored.
    const seen = await this.#link.send("HEXISTS", [this.#names.producers, producer]);
    if (seen === 1 || seen === true) await this.#store(producer, { life, refused });
  }

  async #store(
    producer: string,
    message: Omit<ResultsMessage, "ringpool" | "machine">,
  ): Promise<void> {
    this.#count += 1;
    const jobId = `${this.#nonce}-${this.#count}`;
    const machine = this.#machine;
    for (let tries = 1; ; tries++) {
      // What it throws is permanent: the name of the queue is at fault.
      const queue = this.#queueOf(producer);
      try {
        await queue.add(
          "results",
          { ringpool: MESSAGE_VERSION, machine, ...message },
          { jobId, removeOnComplete: true, removeOnFail: true },
        );
        return;
      } catch (error) {
        if (await this.#isPermanent(error, tries)) throw error;
        await this.#pause();
      }
    }
  }

  async #isPermanent(error: unknown, tries: number): Promise<boolean> {
    if (error instanceof TypeError || error instanceof RangeError) return true;
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
    if (typeof message === "string") {
      if (message.startsWith("WRONGTYPE")) return true;
      if (IS_OVER_SOME_TIME.test(message)) return false;
    }
    if (typeof code === "string" && code !== "ERR_REDIS_SERVER_ERROR") return false;
    if (tries < TRIES) return false;
    try {
      await this.#link.send("PING", []);
      return true;
    } catch {
      return false;
    }
  }

  /** Waits before the next attempt; for ever when there is none. */
  #pause(): Promise<void> {
    return new Promise<void>((resolve) => {
      if (!this.#isClosed)
        setTimeout(() => {
          if (!this.#isClosed) resolve();
        }, RETRY_MS);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.close()));
  }

  #queueOf(producer: string): Queue {
    const known = this.#queues.get(producer);
    if (known !== undefined) {
      // The map keeps the order of use.
      this.#queues.delete(producer);
      this.#queues.set(producer, known);
      return known;
    }
    const queue = new this.#engine.Queue(this.#names.results(producer), {
      connection: this.#link.connection,
      prefix: this.#names.prefix,
      streams: FEW_EVENTS,
    });
    queue.on("error", () => {});
    this.#queues.set(producer, queue);
    const [oldest] = this.#queues;
    if (this.#queues.size > QUEUES_KEPT && oldest !== undefined) {
      this.#queues.delete(oldest[0]);
      void oldest[1].close();
    }
    return queue;
  }
}
