import type { PayloadError } from "../errors.ts";
import { ARENAS } from "../protocol/index.ts";
import { Uint8Array, loadedErrors } from "../runtime/index.ts";
import type { Inbox } from "./inbox.ts";

/** The arenas that a worker has got from the parent so far. */
export class ReceivedArenas {
  readonly #inbox: Pick<Inbox, "sharedBuffer">;
  readonly #received: (Uint8Array | undefined)[] = [undefined, undefined, undefined];

  /** @param inbox has got an arena before the first request whose payload lies there */
  constructor(inbox: Pick<Inbox, "sharedBuffer">) {
    this.#inbox = inbox;
  }

  /** The size of the arenas that this thread has. */
  get byteLength(): number {
    return this.#received.reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0);
  }

  /**
   * An arena by its index in `ARENAS`.
   *
   * @throws PayloadError when the parent could not send it
   */
  bytesOf(index: number): Uint8Array {
    return (this.#received[index] ??= this.#receive(ARENAS[index]!.number));
  }

  #receive(number: number): Uint8Array {
    const memory = this.#inbox.sharedBuffer(number);
    if (memory === undefined) throw argumentsLost();
    return new Uint8Array(memory);
  }
}

/** What a request fails with whose arguments, or a part of them, did not come. */
export function argumentsLost(): PayloadError {
  return new (loadedErrors().PayloadError)("The arguments were lost on their way.", {
    path: "args",
  });
}
