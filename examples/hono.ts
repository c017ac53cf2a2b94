/**
 * A Hono application that computes in a pool, and stops the computation when the client drops the connection.
 *
 *     bun examples/hono.ts [port]                      default: 3000
 *
 *     curl localhost:3000/primes/1000000               counts the primes below a million, in a worker
 *     curl --max-time 1 localhost:3000/primes/1000000000     is stopped after a second, and so is its run
 *     curl localhost:3000/health                       answers at once meanwhile
 *
 * Needs `bun add hono`.
 */
import { Hono } from "hono";
import { ThreadPool } from "ringpool";
import { taskContext } from "ringpool/worker";

/** How many numbers are looked at before the callable asks whether it is to stop. */
const NUMBERS_A_LOOK = 10_000;
const MAX_LIMIT = 1e9;

/** Runs in a worker. It asks between numbers whether anybody still wants the answer. */
export function countPrimes(limit: number): number {
  let count = 0;
  for (let number = 2; number < limit; number++) {
    if (number % NUMBERS_A_LOOK === 0) taskContext.throwIfCancelled();
    if (isPrime(number)) count += 1;
  }
  return count;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++)
    if (number % divisor === 0) return false;
  return true;
}

function application(pool: ThreadPool): Hono {
  const app = new Hono();
  app.get("/health", (context) => context.text("ok"));
  app.get("/primes/:limit", async (context) => {
    const limit = Number(context.req.param("limit"));
    if (!(Number.isInteger(limit) && limit >= 0 && limit <= MAX_LIMIT)) {
      return context.json({ error: `limit is a whole number, 0 to ${MAX_LIMIT}` }, 400);
    }
    // Bun aborts the signal of a request when its client is gone.
    const { signal } = context.req.raw;
    try {
      return context.json({ limit, primes: await pool.run(countPrimes, [limit], { signal }) });
    } catch (error) {
      if (!signal.aborted) throw error;
      console.log(`The client is gone, and the run was stopped: limit=${limit}`);
      return context.body(null, 499 as never);
    }
  });
  return app;
}

// A worker imports this file for `countPrimes`, and serves nothing.
if (import.meta.main) {
  const pool = new ThreadPool();
  const { fetch } = application(pool);
  const port = Number(process.argv[2] ?? 3000);
  const server = Bun.serve({ hostname: "127.0.0.1", port, fetch });
  console.log(`Listening on ${server.url.origin}`);
  const stop = async (): Promise<void> => {
    await server.stop();
    await pool.close({ timeoutMs: 10_000 });
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop());
}
