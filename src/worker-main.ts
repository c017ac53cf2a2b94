/** The entry of a worker: wiring only. Importing this file starts a run loop; nothing else should. */
import { workerData } from "node:worker_threads";
import { RunLoop } from "./run-loop.ts";
import { markInsideWorker } from "./inside-worker.ts";
import type { WorkerInit } from "./worker-protocol.ts";

/** Longest timer there is: a handle that keeps the event loop of an idle worker alive, 24 days at a time. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

markInsideWorker();
const init = workerData as WorkerInit;
const loop = new RunLoop(init);
setInterval(() => {}, KEEP_ALIVE_MS);

// Runs on process.exit() in a callable too, and reaches a parent whose event loop does not turn.
process.on("exit", (code) => loop.announceEnd(code));

// An error that nobody caught leaves the worker in an unknown state: it ends, as a process would, and
// a successor takes its place.
function endByError(error: unknown): void {
  if (!loop.failHeld(error)) {
    console.error(
      `Worker ${init.workerId} ends: an error outside any request was not caught.\n`,
      error,
    );
  }
  process.exit(1);
}
process.on("uncaughtException", endByError);
process.on("unhandledRejection", endByError);
// Under `bun test` the two above are not called in workers, and this is.
globalThis.addEventListener("error", (event) => endByError((event as ErrorEvent).error));

void loop.run().then(() => process.exit(0), endByError);
