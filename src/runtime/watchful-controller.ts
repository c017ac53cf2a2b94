import { defineValue } from "./define-value.ts";
import { AbortController, AbortSignal } from "./globals.ts";

// oxlint-disable-next-line typescript/unbound-method -- called with the signal
const { throwIfAborted } = AbortSignal.prototype;
// oxlint-disable-next-line typescript/unbound-method -- called with the signal
const getReason = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "reason")?.get as (
  this: AbortSignal,
) => unknown;

/**
 * A controller whose signal looks by itself whether it is to be aborted.
 *
 * A synchronous loop holds up the event loop, and with it the message or the timer that would abort the signal. But the loop may read
 * `signal.aborted` or `signal.reason`. The signal is a real one with three properties of its own, because
 * `fetch` and other native code accept no other.
 *
 * @param isToAbort aborts the controller, too, when it returns true
 */
export function watchfulController(isToAbort: () => boolean): AbortController {
  const controller = new AbortController();
  const { signal } = controller;
  // The descriptors inherit nothing, as in `defineValue`.
  const aborted = { __proto__: null, get: isToAbort, configurable: true };
  Object.defineProperty(signal, "aborted", aborted);
  const getOwnReason = (): unknown => {
    isToAbort();
    return getReason.call(signal);
  };
  const reason = { __proto__: null, get: getOwnReason, configurable: true };
  Object.defineProperty(signal, "reason", reason);
  defineValue(signal, "throwIfAborted", () => {
    if (isToAbort()) throwIfAborted.call(signal);
  });
  return controller;
}
