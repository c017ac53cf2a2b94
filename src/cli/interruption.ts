import { constants } from "node:os";
import { exitProcess, process } from "../runtime/index.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Ctrl-C, and the other signals that ask a process to end. The first one asks the run to stop; the second one ends the
 * process at once.
 */
export class Interruption {
  /** The signal that has come first; undefined for none. */
  signal: (typeof SIGNALS)[number] | undefined;

  /**
   * @param first called when the first signal comes
   * @param last called right before the process ends
   */
  constructor(first: () => void, last: () => void) {
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (this.signal === undefined) {
          this.signal = signal;
          first();
        } else {
          last();
          exitProcess(this.exitCode ?? 1);
        }
      });
    }
  }

  /** The exit code of a process that a signal has ended: 130 for Ctrl-C. */
  get exitCode(): number | undefined {
    return this.signal && 128 + constants.signals[this.signal];
  }
}
