import { Date } from "../runtime/index.ts";
import type { Link } from "./connection.ts";
import type { Engine } from "./engine.ts";
import { isName } from "./names.ts";
import type { ClusterNames } from "./names.ts";
import { serverTime } from "./presence.ts";

/** The results of a producer that was away for so long are removed. */
const ABANDONED_MS = 3_600_000;
/** How often a machine looks for such producers. */
const LOOK_MS = 60_000;

/** Removes the results of producers that will not come back, so that the server's memory does not fill with them. */
export class AbandonedProducers {
  readonly #engine: Engine;
  readonly #link: Link;
  readonly #names: ClusterNames;
  #lookedAt = Date.now();

  constructor(engine: Engine, link: Link, names: ClusterNames) {
    this.#engine = engine;
    this.#link = link;
    this.#names = names;
  }

  async look(): Promise<void> {
    if (Date.now() - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = Date.now();
    await this.removeOlderThan(ABANDONED_MS);
  }

  /** Removes what belongs to producers that were not seen for so long. */
  async removeOlderThan(ms: number): Promise<void> {
    const now = await serverTime(this.#link);
    const ids = (await this.#link.send("HKEYS", [this.#names.producers])) as readonly string[];
    for (const id of ids) {
      const seen = await this.#link.send("HGET", [this.#names.producers, id]);
      // No producer has such a name, and no queue.
      if (!isName(id)) await this.#link.send("HDEL", [this.#names.producers, id]);
      else if (!(now - Number(seen) <= ms)) await this.#remove(id);
    }
  }

  async #remove(id: string): Promise<void> {
    const { connection } = this.#link;
    const { prefix } = this.#names;
    const queue = new this.#engine.Queue(this.#names.results(id), { connection, prefix });
    queue.on("error", () => {});
    try {
      await queue.obliterate({ force: true });
      await this.#link.send("HDEL", [this.#names.producers, id]);
    } finally {
      await queue.close();
    }
  }
}
