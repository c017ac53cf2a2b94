import { PayloadError } from "../errors.ts";
import { LONG_ARENA, SHORT_ARENA } from "../protocol/index.ts";
import { Uint8Array } from "../runtime/index.ts";
import type { Inbox } from "./inbox.ts";

/** The arenas that a worker has got from the parent so far. */
export class ReceivedArenas {
  readonly #inbox: Pick<Inbox, "sharedBuffer">;
  #short: Uint8Array | undefined;
  #long: Uint8Array | undefined;

  /** @param inbox has got an arena before the first request whose payload lies there */
  constructor(inbox: Pick<Inbox, "sharedBuffer">) {
    this.#inbox = inbox;
  }

  /** The size of the arenas that this thread has. */
  get byteLength(): number {
    return (this.#short?.length ?? 0) + (this.#long?.length ?? 0);
  }

  /** The arena in which a location lies. Throws a PayloadError when the parent could not send it. */
  bytesAt(location: number): Uint8Array {
    return location < LONG_ARENA.start
      ? (this.#short ??= this.#receive(SHORT_ARENA.number))
      : (this.#long ??= this.#receive(LONG_ARENA.number));
  }

  #receive(number: number): Uint8Array {
    const memory = this.#inbox.sharedBuffer(number);
    if (memory === undefined) throw argumentsLost();
    return new Uint8Array(memory);
  }
}

/** What a request fails with whose arguments, or a part of them, did not come. */
export function argumentsLost(): PayloadError {
  return new PayloadError("The arguments were lost on their way.", { path: "args" });
}
