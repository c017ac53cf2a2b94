import { queueMicrotask } from "../runtime/index.ts";

/**
 * Tells the machines which requests nobody waits for any more, many at a time. A machine that does not hear of one runs it in
 * vain, and nothing else: so what could not be told is told with the next heartbeat, and not tried for ever.
 */
export class ToldCancellations {
  readonly #tell: (ids: readonly number[]) => Promise<void>;
  #ids: number[] = [];

  /** @param tell rejects while the server is away */
  constructor(tell: (ids: readonly number[]) => Promise<void>) {
    this.#tell = tell;
  }

  add(id: number): void {
    if (this.#ids.push(id) === 1) queueMicrotask(() => void this.flush());
  }

  /** Never rejects. */
  async flush(): Promise<void> {
    const ids = this.#ids;
    this.#ids = [];
    if (ids.length === 0) return;
    try {
      await this.#tell(ids);
    } catch {
      this.#ids.push(...ids);
    }
  }
}
