import { Promise } from "../runtime/index.ts";

/** Admits so many requests at a time. Those that wait for room are admitted in their order. */
export class Room {
  readonly #most: number;
  readonly #waiting: ((isAdmitted: boolean) => void)[] = [];
  #next = 0;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** How many wait for room. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  /** Takes room, if there is any and nobody waits for it. */
  tryTake(): boolean {
    if (this.#taken >= this.#most || this.waiting > 0) return false;
    this.#taken += 1;
    return true;
  }

  /** Waits for room. Resolves to false when the wait was given up by the signal, or nobody is admitted any more. */
  take(signal?: AbortSignal): Promise<boolean> {
    if (this.tryTake()) return Promise.resolve(true);
    return new Promise((resolve) => {
      let isOver = false;
      const end = (isAdmitted: boolean): void => {
        if (isOver) {
          // It was given up; the room goes to the next.
          if (isAdmitted) this.give();
          return;
        }
        isOver = true;
        signal?.removeEventListener("abort", giveUp);
        resolve(isAdmitted);
      };
      const giveUp = (): void => end(false);
      signal?.addEventListener("abort", giveUp);
      this.#waiting.push(end);
    });
  }

  /** Gives room back. */
  give(): void {
    this.#taken -= 1;
    if (this.waiting === 0 || this.#taken >= this.#most) return;
    this.#taken += 1;
    this.#shift()(true);
  }

  /** Nobody who waits is admitted. */
  refuseAll(): void {
    while (this.waiting > 0) this.#shift()(false);
  }

  #shift(): (isAdmitted: boolean) => void {
    const first = this.#waiting[this.#next]!;
    this.#next += 1;
    if (this.#next > 1024 && this.#next * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
    return first;
  }
}
