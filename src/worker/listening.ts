import {
  addEventListener,
  clearInterval,
  removeEventListener,
  setInterval,
} from "../runtime/index.ts";

/** The longest delay of a timer, 24 days. The timer keeps the event loop of an idle worker alive. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

/**
 * Takes the message events of this thread from now on.
 *
 * @param take is given each message, and a function that lets the thread end when nothing else keeps its event loop alive
 */
export function listen(take: (message: unknown, letGo: () => void) => void): void {
  const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
  const onMessage = (event: Event): void => take((event as MessageEvent<unknown>).data, letGo);
  const letGo = (): void => {
    clearInterval(keepAlive);
    removeEventListener("message", onMessage);
  };
  addEventListener("message", onMessage);
}
