import { RUN_IS_OVER, provideTaskContext } from "../protocol/index.ts";
import type {
  CallableMessage,
  CreditMessage,
  ForgetMessage,
  StopMessage,
  WorkerInit,
} from "../protocol/index.ts";
import { explainLoadError, isPortInUse, keyOfUrl, mainRanAgain } from "../callable/load.ts";
import type { ThreadPoolError } from "../errors.ts";
import {
  Error,
  exitProcess,
  isEvaluationStopped,
  markInsideWorker,
  placeIn,
  postMessage,
  printError,
  process,
  addEventListener,
  loadedErrors,
} from "../runtime/index.ts";
import { endByItself } from "./orderly-end.ts";
import { RunLoop } from "./run-loop.ts";

/** What the worker posts when it takes requests. The parent's event loop hears of it so. */
const READY = "ready";

let loop: RunLoop | undefined;

const inside = markInsideWorker(
  () => (loop?.children.isInChild === true ? "yes" : (loop?.activeRuns.isInRun() ?? "no")),
  () => loop?.activeRuns.markRuns(),
);

/**
 * Takes a message event of the worker. The first one says what to work on; each later one brings a callable, or says
 * which are not needed any more, or that a run is to stop.
 *
 * @param letGo ends what keeps the event loop of an idle worker alive
 */
export function receive(message: unknown, letGo: () => void): void {
  if (loop === undefined) loop = start(message as WorkerInit, letGo);
  else if (Object.hasOwn(message as object, "stopTask")) loop.stop(message as StopMessage);
  else if (Object.hasOwn(message as object, "creditTask"))
    loop.callables.credit(message as CreditMessage);
  else if (Object.hasOwn(message as object, "forgotten"))
    loop.callables.forget(message as ForgetMessage);
  else loop.define(message as CallableMessage);
}

/** Starts the loop. Whichever way the worker ends, it tells the parent before. */
function start(init: WorkerInit, letGo: () => void): RunLoop {
  inside.mainPath = init.mainPath;
  // The worker's script is no part of the program. The arguments after it are the program's already.
  process.argv[1] = init.mainPath;
  const started = new RunLoop(init);
  let takesRequests = false;
  // From the announced end on nothing may touch the queue: the slot may belong to a successor, while listeners of "exit"
  // and what callables have left behind go on in this thread.
  let hasEnded = false;
  // Where runs were marked before the first request, code without a mark belongs to none, such as a timer of the
  // initializer. Otherwise it may be what an earlier run has left behind.
  let areAllMarked = init.concurrency > 1;
  provideTaskContext(
    () => {
      if (hasEnded) return RUN_IS_OVER;
      const { context } = started;
      if (context !== undefined || !takesRequests) return context;
      return areAllMarked && started.activeRuns.isOutside ? undefined : RUN_IS_OVER;
    },
    () => {
      if (!takesRequests) areAllMarked = true;
      started.activeRuns.markRuns();
    },
  );

  // True when the pool itself ends the worker.
  let isEnding = false;
  const announceEnd = (code: number): void => {
    if (hasEnded) return;
    hasEnded = true;
    const reason = isEnding ? undefined : explainExit(code, new Error("exit").stack);
    try {
      if (reason !== undefined) started.tellReason(reason, code);
    } finally {
      started.announceEnd(code);
    }
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
    // A module that was loaded blocked on an inert pool in code that it does not wait for. That code has ended, no more.
    if (isEvaluationStopped(error)) return;
    isEnding = true;
    if (isPortInUse(error)) explainLoadError(error, inside.mainPath, false);
    try {
      if (hasEnded || !started.tellUncaught(error)) {
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
  addEventListener("error", (event) => endByError((event as ErrorEvent).error));

  const onReady = (): void => {
    takesRequests = true;
    postMessage(READY);
  };
  const endInOrder = (code: number): void => {
    isEnding = true;
    endByItself(code, announceEnd, letGo);
  };
  void started.run(onReady).then(endInOrder, endByError);
  return started;
}

/** The error that says where `process.exit` was called: by a callable, a module, or what one of them has left behind. */
function explainExit(code: number, stack: unknown): ThreadPoolError {
  const { mainPath, loading } = inside;
  const place = placeIn(stack);
  const isInMain = mainPath !== undefined && place.startsWith(`${mainPath}:`);
  const [url] = loading;
  const call = `It called process.exit(${code}). `;
  if (url === undefined) {
    if (!isInMain || hasRunLoop(stack)) return exitCalled(code, place);
    return new (loadedErrors().ThreadPoolError)(
      inside.isInRun() !== "no"
        ? `process.exit(${code}) was called in the main module. If the callable has not called it: ${mainRanAgain(place)}`
        : mainRanAgain(place, call),
    );
  }
  if (isInMain || keyOfUrl(url) === mainPath)
    return new (loadedErrors().ThreadPoolError)(mainRanAgain(place, call));
  return new (loadedErrors().ThreadPoolError)(
    `A module called process.exit(${code}) while a worker loaded it for a callable. module=${keyOfUrl(url)} at=${place}`,
  );
}

function exitCalled(code: number, place: string): ThreadPoolError {
  const caller =
    inside.isInRun() === "no"
      ? "Code that a module or a callable has left behind"
      : "A callable, or code that it has started,";
  return new (loadedErrors().ThreadPoolError)(
    `${caller} called process.exit(${code}), which ends the worker and fails the requests that it runs. To end a request, ` +
      `return or throw instead. at=${place}`,
  );
}

/** Whether the code of a stack was called by the run loop, so that it is the callable's own. */
function hasRunLoop(stack: unknown): boolean {
  return /[\\/]worker[\\/]run-loop\.[jt]s:/.test(String(stack));
}
