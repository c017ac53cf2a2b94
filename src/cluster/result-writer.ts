import { Bun, Map, Promise, setTimeout } from "../runtime/index.ts";
import { FEW_EVENTS } from "./engine.ts";
import type { ConnectionOptions, Engine, Queue } from "./engine.ts";
import { MESSAGE_VERSION } from "./messages.ts";
import type { ResultsMessage, SentResult } from "./messages.ts";
import type { ClusterNames } from "./names.ts";

/** How long to wait before results that could not be stored are stored again. */
const RETRY_MS = 250;
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
  readonly #connection: ConnectionOptions;
  readonly #names: ClusterNames;
  readonly #machine: string;
  readonly #queues = new Map<string, Queue>();
  /** Also tells this process from an earlier one with the same id, whose results may not be read yet. */
  readonly #nonce = Bun.randomUUIDv7();
  #count = 0;

  constructor(engine: Engine, connection: ConnectionOptions, names: ClusterNames, machine: string) {
    this.#engine = engine;
    this.#connection = connection;
    this.#names = names;
    this.#machine = machine;
  }

  /**
   * Stores results. It tries until the server has them: while it is away the chunk stays with this machine.
   *
   * The job has an id, so that results that were stored by an attempt of which no answer came are not stored twice.
   */
  async write({ producer, life }: Addressee, results: readonly SentResult[]): Promise<void> {
    if (results.length === 0) return;
    this.#count += 1;
    const jobId = `${this.#nonce}-${this.#count}`;
    const message: ResultsMessage = {
      ringpool: MESSAGE_VERSION,
      machine: this.#machine,
      life,
      results,
    };
    for (;;) {
      try {
        await this.#queueOf(producer).add("results", message, {
          jobId,
          removeOnComplete: true,
          removeOnFail: true,
        });
        return;
      } catch {
        await new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async close(): Promise<void> {
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
      connection: this.#connection,
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
