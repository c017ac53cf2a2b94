/**
 * The example that Python's `threadpool` ends with, for Bun, each step explained. Run it with
 *
 *     bun examples/annotated.ts
 *
 * Forty small jobs go to three workers, while the main thread works on. It looks for results now
 * and then, adds workers, and later dismisses some.
 */
import { NoResultsPending, ThreadPool, makeRequests } from "../src/index.ts";
import type { ExcInfo, WorkRequest } from "../src/index.ts";

/**
 * The work that is to be done in the worker threads. It is exported, for that is how a worker finds
 * it: each worker imports this very file and takes the function from its exports.
 *
 * @param factor any number, the positional argument of a request
 * @param options.limit a keyword argument: a result above it counts as a failure
 */
export function doSomething(factor: number, { limit = 5 }: { limit?: number } = {}): number {
  Bun.sleepSync(randomInteger(100, 300)); // stands for work that keeps a thread busy
  const result = Number((Math.random() * factor).toFixed(5));
  // Just to show off, an exception is thrown once in a while.
  if (result > limit) throw new RangeError("Something extraordinary happened!");
  return result;
}

type Job = WorkRequest<typeof doSomething>;

/** Called for each request that has succeeded, on the main thread, so it may use anything there. */
function printResult(request: Job, result: number): void {
  console.log(`**** Result from request #${String(request.requestID)}: ${result}`);
}

/** Called for each request whose callable has thrown. `excInfo` also has the error and its traceback. */
function handleException(request: Job, [typeName, error]: ExcInfo): void {
  const message = error instanceof Error ? error.message : String(error);
  console.log(
    `**** Exception occured in request #${String(request.requestID)}: ${typeName}: ${message}`,
  );
}

function main(): void {
  // Assemble the arguments of each job in a list, and make one request of each item. An item that
  // is no list of this special form is the callable's only argument.
  const numbers = Array.from({ length: 20 }, () => randomInteger(1, 10));
  const requests = makeRequests(doSomething, numbers, printResult, handleException);

  // The other form of an item: [positional arguments, keyword arguments]. The keyword arguments
  // arrive as one object, the callable's last argument.
  const lists = Array.from({ length: 20 }, (): [[number], { limit: number }] => [
    [randomInteger(1, 10)],
    { limit: 8 },
  ]);
  requests.push(...makeRequests(doSomething, lists, printResult, handleException));

  // Without an exception callback, a failing request would print its traceback and do no harm:
  //     makeRequests(doSomething, numbers, printResult);

  console.log("Creating thread pool with 3 worker threads.");
  const pool = new ThreadPool(3);

  // Put the requests into the queue. The workers set to work at once.
  for (const request of requests) {
    pool.putRequest(request);
    console.log(`Work request #${String(request.requestID)} added.`);
  }

  // Now one could wait for all results. This blocks, and calls the callbacks as results come in:
  //     pool.wait();
  // Instead, look for results now and then, and do something else in between.
  for (let i = 0; ; i++) {
    try {
      Bun.sleepSync(50); // stands for work of the main thread's own
      pool.poll(); // calls the callbacks of the results at hand, and does not wait for more
      console.log(`Main thread working... (active worker threads: ${pool.workers.length})`);
      if (i === 10) {
        console.log("**** Adding 3 more worker threads...");
        pool.createWorkers(3);
      }
      if (i === 20) {
        console.log("**** Dismissing 2 worker threads...");
        pool.dismissWorkers(2); // the newest two; each completes the request it has
      }
    } catch (error) {
      // This is how poll() says that every result has been delivered. Anything else is an error.
      if (!(error instanceof NoResultsPending)) throw error;
      console.log("**** No pending results.");
      break;
    }
  }

  // The workers that were dismissed have ended, or are about to: joining waits for that.
  if (pool.dismissedWorkers.length > 0) {
    console.log("**** Joining all dismissed worker threads...");
    pool.joinAllDismissedWorkers();
  }
  // The other workers are idle, and idle workers do not keep the process alive: the program ends here.
}

/** A random integer, both ends included. */
function randomInteger(from: number, to: number): number {
  return from + Math.floor(Math.random() * (to - from + 1));
}

// As in Python: `if __name__ == '__main__':`. In the workers, which import this file for doSomething,
// it is not the main module: there nothing but the definitions above must run. Where a callable has
// a module of its own, as in the demo, the main module is not imported and needs no such guard.
if (import.meta.main) main();
