import { clearTimeout, performanceNow, setTimeout } from "../runtime/index.ts";

/** The longest time that a timer can have, in milliseconds; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls a function at a point in time of `performance.now()`, as soon as the event loop turns then.
 *
 * @returns stops that
 */
export function callAt(time: number, call: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    const rest = time - performanceNow();
    if (rest <= 0) call();
    // Rounded up: a timer may fire a part of a millisecond early.
    else timer = setTimeout(wait, Math.min(Math.ceil(rest), LONGEST_MS));
  };
  timer = setTimeout(wait, Math.min(Math.max(0, Math.ceil(time - performanceNow())), LONGEST_MS));
  return () => clearTimeout(timer);
}
