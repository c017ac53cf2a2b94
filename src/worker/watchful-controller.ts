/**
 * A controller whose signal looks for itself whether it should be aborted.
 *
 * Nobody is told of a stop while a synchronous loop holds up the event loop, but the loop may read `signal.aborted`.
 * The signal is a real one, with two properties of its own, for `fetch` and other native code take no other.
 */

// oxlint-disable-next-line typescript/unbound-method -- called with the signal
const { throwIfAborted } = AbortSignal.prototype;

/** @param isStopRequested aborts the controller, too, when that is so */
export function watchfulController(isStopRequested: () => boolean): AbortController {
  const controller = new AbortController();
  const { signal } = controller;
  Object.defineProperties(signal, {
    aborted: { get: isStopRequested, configurable: true },
    throwIfAborted: {
      value: () => {
        if (isStopRequested()) throwIfAborted.call(signal);
      },
      configurable: true,
      writable: true,
    },
  });
  return controller;
}
