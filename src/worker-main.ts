/** The entry of a worker: wiring only. Importing this file makes a worker of the thread; nothing else should. */
import { RunLoop } from "./run-loop.ts";
import { markInsideWorker } from "./inside-worker.ts";
import type { CallableMessage, StopMessage, WorkerInit } from "./worker-protocol.ts";

/** Longest timer there is: a handle that keeps the event loop of an idle worker alive, 24 days at a time. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

let loop: RunLoop | undefined;

markInsideWorker();
setInterval(() => {}, KEEP_ALIVE_MS);
// The first message says what to work on, each later one names a callable, or a run that is to stop.
globalThis.addEventListener("message", (event) => {
  const { data } = event as MessageEvent<unknown>;
  if (loop === undefined) loop = start(data as WorkerInit);
  else if ("stopTask" in (data as object)) loop.stop(data as StopMessage);
  else loop.define(data as CallableMessage);
});

function start(init: WorkerInit): RunLoop {
  const started = new RunLoop(init);

  // Nothing the second time: the slot may be a successor's by then.
  let hasEnded = false;
  const announceEnd = (code: number): void => {
    if (hasEnded) return;
    hasEnded = true;
    started.announceEnd(code);
  };
  // Runs on process.exit() in a callable too, and reaches a parent whose event loop does not turn.
  process.on("exit", announceEnd);
  // process.exit() ends with this, although a callable has removed all listeners of "exit".
  const reallyExit = process.reallyExit.bind(process);
  process.reallyExit = (code = 0): never => {
    announceEnd(code);
    return reallyExit(code);
  };

  // An error that nobody caught leaves the worker in an unknown state: it ends, as a process would, and
  // a successor takes its place.
  const endByError = (error: unknown): void => {
    if (!started.failHeld(error)) {
      console.error(
        `Worker ${init.workerId} ends: an error outside any request was not caught.\n`,
        error,
      );
    }
    process.exit(1);
  };
  process.on("uncaughtException", endByError);
  process.on("unhandledRejection", endByError);
  // Under `bun test` the two above are not called in workers, and this is.
  globalThis.addEventListener("error", (event) => endByError((event as ErrorEvent).error));

  void started.run().then(() => process.exit(0), endByError);
  return started;
}
