/** Wires a worker to its thread: messages come in, and every way to end is told to the parent. */
import { RunLoop } from "./run-loop.ts";
import { markInsideWorker } from "../runtime/inside-worker.ts";
import type { CallableMessage, StopMessage, WorkerInit } from "../protocol/index.ts";

let loop: RunLoop | undefined;

markInsideWorker();

/** The first message says what to work on, each later one names a callable, or a run that is to stop. */
export function receive(message: unknown): void {
  if (loop === undefined) loop = start(message as WorkerInit);
  else if ("stopTask" in (message as object)) loop.stop(message as StopMessage);
  else loop.define(message as CallableMessage);
}

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
    if (!started.tellUncaught(error)) {
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
