import { clearInterval, Date, setInterval } from "../runtime/index.ts";
import type { Link } from "./connection.ts";
import { isRecord } from "./messages.ts";

/** How often machines and producers say that they are there. */
const HEARTBEAT_MS = 1000;
/** For how long what they said holds. */
const PRESENT_MS = 5000;
/** A connection that has not answered a heartbeat for so long is made anew. */
const SILENT_MS = 15_000;

/** What a machine tells of itself. */
export interface MachinePresence {
  /** What the machine is called. */
  readonly id: string;
  /** Its host name. */
  readonly host: string;
  /** Its process. */
  readonly pid: number;
  /** The version of its registry; undefined when it serves all versions. */
  readonly version?: string;
  /** The names in its registry. */
  readonly callables: readonly string[];
  /** How many threads it has. */
  readonly threads: number;
  /** How many chunks it takes at a time. */
  readonly concurrency: number;
  /** Whether it takes requests. */
  readonly state: "serving" | "dismissed";
  /** Requests that it runs, or has waiting for a thread. */
  readonly running: number;
  /** Requests that have succeeded on it. */
  readonly succeeded: number;
  /** Requests that have failed on it. */
  readonly failed: number;
  /** When it was started, in milliseconds since 1970 by its own clock. */
  readonly startedAt: number;
}

/** What a producer tells of itself. */
export interface ProducerPresence {
  readonly life: string;
  readonly version: string;
  readonly host: string;
  readonly pid: number;
}

/** Calls `beat` at once and every second. It makes the connection anew when the server has been silent for long. */
export class Heartbeat {
  readonly #link: Link;
  readonly #beat: () => Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #onReturn: () => void;
  #beganAt: number | undefined;
  #wasLost = false;

  /** @param onReturn is called when the server answers again after it was away */
  constructor(link: Link, beat: () => Promise<void>, onReturn: () => void = () => {}) {
    this.#link = link;
    this.#beat = beat;
    this.#onReturn = onReturn;
    this.#timer = setInterval(() => void this.now(), HEARTBEAT_MS);
  }

  /** Beats now, unless the last beat is not answered yet. Never rejects: an outage is over some time. */
  async now(): Promise<void> {
    if (this.#beganAt !== undefined) {
      if (Date.now() - this.#beganAt < SILENT_MS) return;
      this.#link.restart();
    }
    this.#beganAt = Date.now();
    try {
      await this.#beat();
      if (this.#wasLost) this.#onReturn();
      this.#wasLost = false;
    } catch {
      // The connection is lost. It connects again by itself.
      this.#wasLost = true;
    } finally {
      this.#beganAt = undefined;
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Writes what a machine or a producer tells of itself. It expires by itself. */
export async function present(link: Link, key: string, told: object): Promise<void> {
  await link.send("SET", [key, JSON.stringify(told), "PX", String(PRESENT_MS)]);
}

/** Reads what those members of a set that are there tell of themselves. */
export async function presentOf<T>(
  link: Link,
  ids: readonly string[],
  keyOf: (id: string) => string,
): Promise<T[]> {
  if (ids.length === 0) return [];
  const texts = (await link.send("MGET", ids.map(keyOf))) as readonly (string | null)[];
  return texts.map(parsed).filter((told) => told !== undefined) as T[];
}

function parsed(text: string | null): unknown {
  try {
    const told: unknown = text === null ? undefined : JSON.parse(text);
    // Anybody may have written it.
    return isRecord(told) ? told : undefined;
  } catch {
    return undefined;
  }
}

/** The server's clock in milliseconds, for what machines with different clocks compare. */
export async function serverTime(link: Link): Promise<number> {
  const [seconds, microseconds] = (await link.send("TIME", [])) as readonly [string, string];
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}
