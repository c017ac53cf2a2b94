/**
 * The example at the end of Python's `threadpool` module, written for Bun, with each step explained.
 *
 *     bun examples/annotated.ts
 *
 * Three workers run forty small jobs while the main thread does other work. From time to time the main
 * thread looks for results. It also adds workers, and later dismisses some.
 */
import { NoResultsPending, ThreadPool, makeRequests } from "../src/index.ts";
import type { ExcInfo, WorkRequest } from "../src/index.ts";

/**
 * The work that the worker threads do. It is exported because each worker imports this file and takes
 * the function from its exports.
 *
 * @param factor any number, the positional argument of a request
 * @param options.limit a keyword argument: a result above it counts as a failure
 */
export function doSomething(factor: number, { limit = 5 }: { limit?: number } = {}): number {
  Bun.sleepSync(randomInteger(100, 300)); // stands for work that keeps a thread busy
  const result = Number((Math.random() * factor).toFixed(5));
  // To show how errors are handled, an exception is thrown from time to time.
  if (result > limit) throw new RangeError("Something extraordinary happened!");
  return result;
}

type Job = WorkRequest<typeof doSomething>;

/** Called on the main thread for each request that has succeeded. It may use everything that lives there. */
function printResult(request: Job, result: number): void {
  console.log(`**** Result from request #${String(request.requestID)}: ${result}`);
}

/** Called on the main thread for each request whose callable has thrown. `excInfo` also has the traceback. */
function handleException(request: Job, [typeName, error]: ExcInfo): void {
  const message = error instanceof Error ? error.message : String(error);
  console.log(
    `**** Exception occured in request #${String(request.requestID)}: ${typeName}: ${message}`,
  );
}

function main(): void {
  // Put the arguments of each job into a list, and make one request from each item. An item is the
  // callable's only argument, unless it has the second form below.
  const numbers = Array.from({ length: 20 }, () => randomInteger(1, 10));
  const requests = makeRequests(doSomething, numbers, printResult, handleException);

  // The second form of an item is [positional arguments, keyword arguments]. The keyword arguments
  // arrive as one object, which is the callable's last argument.
  const lists = Array.from({ length: 20 }, (): [[number], { limit: number }] => [
    [randomInteger(1, 10)],
    { limit: 8 },
  ]);
  requests.push(...makeRequests(doSomething, lists, printResult, handleException));

  // Without an exception callback, a failing request prints its traceback and has no other effect:
  //     makeRequests(doSomething, numbers, printResult);

  console.log("Creating thread pool with 3 worker threads.");
  const pool = new ThreadPool(3);

  // Put the requests into the queue. The workers start at once.
  for (const request of requests) {
    pool.putRequest(request);
    console.log(`Work request #${String(request.requestID)} added.`);
  }

  // The program could now wait for all results. This blocks, and calls the callbacks as results come in:
  //     pool.wait();
  // Instead, look for results from time to time, and do other work in between.
  for (let i = 0; ; i++) {
    try {
      Bun.sleepSync(50); // stands for other work of the main thread
      pool.poll(); // calls the callbacks of the available results, and does not wait for more
      console.log(`Main thread working... (active worker threads: ${pool.workers.length})`);
      if (i === 10) {
        console.log("**** Adding 3 more worker threads...");
        pool.createWorkers(3);
      }
      if (i === 20) {
        console.log("**** Dismissing 2 worker threads...");
        pool.dismissWorkers(2); // the newest two; each of them completes the request that it has
      }
    } catch (error) {
      // poll() throws this when every result has been delivered. Anything else is an error.
      if (!(error instanceof NoResultsPending)) throw error;
      console.log("**** No pending results.");
      break;
    }
  }

  // The dismissed workers have ended or are about to end. Joining waits for that.
  if (pool.dismissedWorkers.length > 0) {
    console.log("**** Joining all dismissed worker threads...");
    pool.joinAllDismissedWorkers();
  }
  // The other workers are idle. Idle workers do not keep the process alive, so the program ends here.
}

/** A random integer, both ends included. */
function randomInteger(from: number, to: number): number {
  return from + Math.floor(Math.random() * (to - from + 1));
}

// This is like `if __name__ == '__main__':` in Python. The workers import this file for doSomething. There
// it is not the main module, and only the definitions above may run. When a callable has a module of its
// own, as in the demo, the workers do not import the main module, and it needs no such guard.
if (import.meta.main) main();
