import type { ChannelSet } from "./channel-set.ts";
import type { SharedBufferMessage } from "../../protocol/index.ts";
import { FinalizationRegistry, Map, WeakMap, WeakRef } from "../../runtime/index.ts";

/** How many buffers are remembered at a time. */
const MOST_BUFFERS = 64;
const SEEN_ONCE = 0;

/**
 * Shared buffers that are sent again and again, such as one big input for many requests.
 *
 * The second time a buffer is sent, it is posted to every worker with a number. From then on requests name it by that number and
 * need no message. A buffer that is sent once is not remembered, so that no worker keeps its memory
 * alive. A buffer that is remembered is forgotten when the program has no reference to it any more.
 */
export class SharedBuffers {
  readonly #channels: ChannelSet;
  readonly #ids = new WeakMap<SharedArrayBuffer, number>();
  readonly #remembered = new Map<number, WeakRef<SharedArrayBuffer>>();
  readonly #collected: FinalizationRegistry<number>;
  #lastId = SEEN_ONCE;

  /** @param channels are told of the numbers */
  constructor(channels: ChannelSet) {
    this.#channels = channels;
    this.#collected = new FinalizationRegistry((id) => {
      this.#remembered.delete(id);
      channels.post({ id, buffer: undefined });
      channels.wakeAll();
    });
  }

  /**
   * The number of a buffer that is being sent; all workers know it. A request that names the buffer must keep it
   * alive until the result has come.
   *
   * @returns undefined when the buffer itself must be sent
   */
  readonly idOf = (buffer: SharedArrayBuffer): number | undefined => {
    const known = this.#ids.get(buffer);
    if (known === undefined) this.#ids.set(buffer, SEEN_ONCE);
    if (known !== SEEN_ONCE) return known;
    if (this.#remembered.size === MOST_BUFFERS) return undefined;
    const id = ++this.#lastId;
    this.#channels.post({ id, buffer });
    this.#ids.set(buffer, id);
    this.#remembered.set(id, new WeakRef(buffer));
    this.#collected.register(buffer, id);
    return id;
  };

  /** The messages that tell a new worker of all numbers. */
  messages(): SharedBufferMessage[] {
    return [...this.#remembered].flatMap(([id, reference]) => {
      const buffer = reference.deref();
      return buffer === undefined ? [] : [{ id, buffer }];
    });
  }
}
