/**
 * Shared buffers that are sent again and again, such as one big input for many requests. The second time
 * a buffer is sent it is posted to every worker, with a number, and requests name it by that number from
 * then on: no message any more. Buffers that are sent once are not remembered, so that no worker keeps
 * their memory alive; one that is remembered is forgotten when the program has let go of it.
 */
import type { SharedBufferMessage } from "../../protocol/flags.ts";

/** More buffers than these are not remembered at a time. */
const MOST_BUFFERS = 64;
const SEEN_ONCE = 0;

export class SharedBuffers {
  readonly #post: (message: SharedBufferMessage) => void;
  readonly #ids = new WeakMap<SharedArrayBuffer, number>();
  readonly #remembered = new Map<number, WeakRef<SharedArrayBuffer>>();
  readonly #collected: FinalizationRegistry<number>;
  #lastId = SEEN_ONCE;

  /**
   * @param post posts to every worker
   * @param wakeAll makes every worker read what was posted
   */
  constructor(post: (message: SharedBufferMessage) => void, wakeAll: () => void) {
    this.#post = post;
    this.#collected = new FinalizationRegistry((id) => {
      this.#remembered.delete(id);
      post({ id, buffer: undefined });
      wakeAll();
    });
  }

  /**
   * The number of a buffer that is being sent, known to all workers. Who puts a request that names it must
   * keep the buffer alive until the request has its result.
   *
   * @returns undefined when the buffer itself must be sent along
   */
  readonly idOf = (buffer: SharedArrayBuffer): number | undefined => {
    const known = this.#ids.get(buffer);
    if (known === undefined) this.#ids.set(buffer, SEEN_ONCE);
    if (known !== SEEN_ONCE) return known;
    if (this.#remembered.size === MOST_BUFFERS) return undefined;
    const id = ++this.#lastId;
    this.#post({ id, buffer });
    this.#ids.set(buffer, id);
    this.#remembered.set(id, new WeakRef(buffer));
    this.#collected.register(buffer, id);
    return id;
  };

  /** What a new worker must be told. */
  messages(): SharedBufferMessage[] {
    return [...this.#remembered].flatMap(([id, reference]) => {
      const buffer = reference.deref();
      return buffer === undefined ? [] : [{ id, buffer }];
    });
  }
}
