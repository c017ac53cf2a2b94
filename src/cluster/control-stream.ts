import { clearTimeout, Promise, setTimeout } from "../runtime/index.ts";
import type { Link } from "./connection.ts";

/** What the control stream says to all machines. */
export type ControlMessage =
  | { readonly op: "cancel"; readonly life: string; readonly ids: readonly number[] }
  | { readonly op: "dismiss"; readonly machine: string }
  | { readonly op: "hello"; readonly version: string };

/** About how many messages the stream keeps, for machines that start or were away. */
const MESSAGES_KEPT = "10000";
const BLOCK_MS = "5000";
const RETRY_MS = 250;

/** Appends to the control stream. Rejects while the connection is lost. */
export async function sayControl(link: Link, key: string, message: ControlMessage): Promise<void> {
  const fields = ["MAXLEN", "~", MESSAGES_KEPT, "*", "message", JSON.stringify(message)];
  await link.send("XADD", [key, ...fields]);
}

/**
 * Reads the control stream, from the oldest message that it keeps. After an outage it goes on where it was, so that nothing
 * is missed. It needs a connection of its own, because reading blocks it.
 */
export class ControlReader {
  readonly #link: Link;
  readonly #key: string;
  readonly #listener: (message: ControlMessage) => void;
  #last = "0";
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(link: Link, key: string, listener: (message: ControlMessage) => void) {
    this.#link = link;
    this.#key = key;
    this.#listener = listener;
    void this.#read();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#link.close();
  }

  async #read(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const request = ["COUNT", "1000", "BLOCK", BLOCK_MS, "STREAMS", this.#key, this.#last];
        const reply = await this.#link.send("XREAD", request);
        for (const [id, fields] of entriesOf(reply, this.#key)) {
          this.#last = id;
          this.#tell(fields[1]);
        }
      } catch {
        // The connection is lost. It connects again by itself.
        await new Promise<void>((resolve) => {
          this.#timer = setTimeout(resolve, RETRY_MS);
        });
      }
    }
  }

  #tell(text: string | undefined): void {
    let message: unknown;
    try {
      message = JSON.parse(text ?? "");
    } catch {
      return;
    }
    if (typeof message === "object" && message !== null) this.#listener(message as ControlMessage);
  }
}

type Entry = readonly [id: string, fields: readonly string[]];

/** The entries of a reply to XREAD: a map by stream in one version of the server's protocol, an array in the other. */
function entriesOf(reply: unknown, key: string): readonly Entry[] {
  if (typeof reply !== "object" || reply === null) return [];
  if (!Array.isArray(reply)) return (Reflect.get(reply, key) ?? []) as Entry[];
  const [stream] = reply as (readonly [string, readonly Entry[]])[];
  return stream?.[1] ?? [];
}
