import { Promise, process, setTimeout } from "../runtime/index.ts";

/**
 * Lets the thread end by itself, as a program does that has nothing more to do, and announces its end first.
 *
 * To call `process.exit` here would stop native add-ons in the middle of what they do, and some abort the whole process
 * then. It would also cut off what a callable has written to `process.stdout`: that leaves the thread only as fast as
 * the other end of the pipe reads.
 *
 * ```
 * let go ──nothing else keeps the event loop alive──────────────────────▶ announced, the thread ends
 *    └──something does: output, or what a callable has left behind──▶ the output is written ──▶ announced, the thread ends
 *                                                                     with its event loop, or the parent ends it
 * ```
 *
 * The first way is the common one. It loads nothing: `process.stdout` exists only once code has asked for it.
 *
 * @param announceEnd tells the parent; does nothing the second time
 * @param letGo ends what the worker itself does to keep its event loop alive
 */
export function endByItself(
  exitCode: number,
  announceEnd: (code: number) => void,
  letGo: () => void,
): void {
  process.exitCode = exitCode;
  // A listener of its own: a callable may have removed the others.
  process.once("exit", () => announceEnd(exitCode));
  letGo();
  // It fires only when something else keeps the event loop alive.
  const announceWhenWritten = async (): Promise<void> => {
    await outputIsWritten();
    announceEnd(exitCode);
  };
  const timer = setTimeout(() => void announceWhenWritten(), 0);
  timer.unref();
}

/** Ends the two streams. Resolves when the system has taken everything that was written to them. */
async function outputIsWritten(): Promise<void> {
  await Promise.all([endStream(() => process.stdout), endStream(() => process.stderr)]);
}

/** Never rejects: what cannot be written is lost. */
function endStream(stream: () => NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const ended = (): void => resolve();
    try {
      const output = stream();
      // Code that a callable has left behind may go on to write, which is an error from now on.
      output.on("error", ended);
      output.end(ended);
    } catch {
      // A callable may have put something else in its place.
      resolve();
    }
  });
}
