/** How long a worker has been busy, told in shared memory: the run that goes on included. */
import { busyMsWord, busySinceWord } from "../../native-queue/index.ts";
import type { QueueViews } from "../../native-queue/index.ts";

/** The worker's side. It is busy from finding work to running out of it. */
export class BusyTime {
  readonly #words: QueueViews["words"];
  readonly #msWord: number;
  readonly #sinceWord: number;
  #ms = 0;
  /** When it last found work, or ran out of it. */
  #since = 0;

  constructor({ words }: QueueViews, slot: number) {
    this.#words = words;
    this.#msWord = busyMsWord(slot);
    this.#sinceWord = busySinceWord(slot);
  }

  /** It has found work. Returns for how long it had none, in milliseconds. */
  begin(): number {
    const now = performance.now();
    const idleMs = now - this.#since;
    this.#since = now;
    Atomics.store(this.#words, this.#sinceWord, sharedMs());
    return idleMs;
  }

  /** Brings the figures up to date. @param goesOn has it more work? */
  count(goesOn: boolean): void {
    const now = performance.now();
    this.#ms += now - this.#since;
    this.#since = now;
    Atomics.store(this.#words, this.#sinceWord, goesOn ? sharedMs() : IDLE);
    Atomics.store(this.#words, this.#msWord, Math.trunc(this.#ms) | 0);
  }
}

const IDLE = 0;

/** Milliseconds on the clock that all threads share, wrapping; never 0. */
function sharedMs(): number {
  return Math.trunc(performance.timeOrigin + performance.now()) | 0 || 1;
}

/** The parent's side: how long a worker has been busy, in milliseconds. */
export function busyMsOf({ words }: QueueViews, slot: number): number {
  for (;;) {
    const since = Atomics.load(words, busySinceWord(slot));
    const ms = Atomics.load(words, busyMsWord(slot));
    // Else the worker may have counted in between what is added here.
    if (Atomics.load(words, busySinceWord(slot)) !== since) continue;
    return since === IDLE ? ms : ms + Math.max(0, (sharedMs() - since) | 0);
  }
}
