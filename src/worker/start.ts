import { RUN_IS_OVER, provideTaskContext } from "../protocol/index.ts";
import type { CallableMessage, ForgetMessage, StopMessage, WorkerInit } from "../protocol/index.ts";
import {
  markInsideWorker,
  exitProcess,
  postMessage,
  process,
  printError,
} from "../runtime/index.ts";
import { RunLoop } from "./run-loop.ts";

/** What the worker posts when it takes requests. The parent's event loop hears of it so. */
const READY = "ready";

let loop: RunLoop | undefined;

markInsideWorker();

/**
 * Takes a message event of the worker. The first one says what to work on; each later one brings a callable, or says
 * which are not needed any more, or that a run is to stop.
 */
export function receive(message: unknown): void {
  if (loop === undefined) loop = start(message as WorkerInit);
  else if (Object.hasOwn(message as object, "stopTask")) loop.stop(message as StopMessage);
  else if (Object.hasOwn(message as object, "forgotten")) loop.forget(message as ForgetMessage);
  else loop.define(message as CallableMessage);
}

/** Starts the loop. Whichever way the worker ends, it tells the parent before. */
function start(init: WorkerInit): RunLoop {
  const started = new RunLoop(init);
  let takesRequests = false;
  // Where runs were marked before the first request, code without a mark belongs to none, such as a timer of the
  // initializer. Otherwise it may be what an earlier run has left behind.
  let areAllMarked = init.concurrency > 1;
  provideTaskContext(
    () => {
      const { context } = started;
      if (context !== undefined || !takesRequests) return context;
      return areAllMarked && started.isOutsideRuns ? undefined : RUN_IS_OVER;
    },
    () => {
      if (!takesRequests) areAllMarked = true;
      started.markRuns();
    },
  );

  // Only once: the second time, the slot may belong to a successor.
  let hasEnded = false;
  const announceEnd = (code: number): void => {
    if (hasEnded) return;
    hasEnded = true;
    started.announceEnd(code);
  };
  // A process.exit() in a callable calls this too, and it reaches a parent whose event loop does not turn.
  process.on("exit", announceEnd);
  // A callable may have removed all listeners of "exit", but process.exit() ends with this call.
  const reallyExit = process.reallyExit.bind(process);
  process.reallyExit = (code = 0): never => {
    announceEnd(code);
    return reallyExit(code);
  };

  // An uncaught error leaves the worker in an unknown state. It ends, as a process would, and a successor replaces it.
  const endByError = (error: unknown): void => {
    try {
      if (!started.tellUncaught(error)) {
        printError(
          `Worker ${init.workerId} ends: an error outside any request was not caught.\n`,
          error,
        );
      }
    } finally {
      // To print an error runs code of the error, which may throw.
      exitProcess(1);
    }
  };
  process.on("uncaughtException", endByError);
  process.on("unhandledRejection", endByError);
  // Under `bun test` workers do not emit the two events above, but this one.
  globalThis.addEventListener("error", (event) => endByError((event as ErrorEvent).error));

  const onReady = (): void => {
    takesRequests = true;
    postMessage(READY);
  };
  void started.run(onReady).then((code) => exitProcess(code), endByError);
  return started;
}
