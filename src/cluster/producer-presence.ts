import { clearTimeout, Promise, setTimeout } from "../runtime/index.ts";
import type { Link } from "./connection.ts";
import { sayControl } from "./control-stream.ts";
import type { Queue, Worker } from "./engine.ts";
import type { ClusterNames } from "./names.ts";
import { Heartbeat, present, serverTime } from "./presence.ts";
import type { ProducerPresence } from "./presence.ts";

/** How long a producer that closes waits for the server, which may be away. */
const LEAVE_MS = 2000;

/** What the presence of a producer needs. */
export interface ProducerPresenceParts {
  readonly link: Link;
  readonly names: ClusterNames;
  readonly producer: string;
  readonly presence: ProducerPresence;
  /** A later life of the producer has the name. */
  readonly onSuperseded: () => void;
  readonly onBeat: () => Promise<void>;
  /** The server answers again after it was away. */
  readonly onReturn: () => void;
}

/** Keeps a producer known to the cluster: machines store results for it, and a program that takes its name over is noticed. */
export class ProducerPresenceKeeper {
  readonly #parts: ProducerPresenceParts;
  readonly #heartbeat: Heartbeat;
  #isMade: boolean;

  constructor(parts: ProducerPresenceParts) {
    this.#parts = parts;
    this.#isMade = parts.producer.endsWith(parts.presence.life);
    this.#heartbeat = new Heartbeat(parts.link, () => this.#beat(), parts.onReturn);
  }

  /** Says that the producer is there, also to machines that serve whatever version is asked for. */
  async enter(): Promise<void> {
    const { link, names, presence } = this.#parts;
    await this.#heartbeat.now();
    await sayControl(link, names.control, { op: "hello", version: presence.version });
  }

  /** The producer ends. A name that was made up does not come back, so its queue is removed. */
  async leave(reader: Worker, results: Queue): Promise<void> {
    this.#heartbeat.stop();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LEAVE_MS);
    });
    await Promise.race([this.#leave(reader, results), late]);
    clearTimeout(timer);
  }

  async #leave(reader: Worker, results: Queue): Promise<void> {
    const { link, names, producer } = this.#parts;
    try {
      await reader.close();
      if (!this.#isMade) return;
      await results.obliterate({ force: true });
      await link.send("DEL", [names.producer(producer)]);
      await link.send("HDEL", [names.producers, producer]);
    } catch {
      // The server is away. What it has of this producer is removed by a machine, after an hour.
    }
  }

  async #beat(): Promise<void> {
    const { link, names, producer, presence, onSuperseded, onBeat } = this.#parts;
    const key = names.producer(producer);
    const life = lifeIn(await link.send("GET", [key]));
    // Lives are in the order of their beginnings.
    if (life !== undefined && life > presence.life) {
      this.#heartbeat.stop();
      this.#isMade = false;
      onSuperseded();
      return;
    }
    await present(link, key, presence);
    await link.send("HSET", [names.producers, producer, String(await serverTime(link))]);
    await onBeat();
  }
}

function lifeIn(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return (JSON.parse(text) as ProducerPresence).life;
  } catch {
    return undefined;
  }
}
