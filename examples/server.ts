/**
 * A web server whose requests need 5 ms of CPU each: on one route in its event loop, on another through a pool.
 *
 *     bun examples/server.ts [port] [workers]      default: 3000, and as many workers as there are cores
 *
 *     curl 'localhost:3000/pooled?query=smal+waltnut+cuboard'    in a worker
 *     curl 'localhost:3000/inline?query=smal+waltnut+cuboard'    the same, in the event loop
 *     curl 'localhost:3000/health'                               answers at once when the event loop is free
 *
 * The two routes differ in one line: compare `inline` with `pooled`. `bun run bench server` puts load on each
 * of them and measures how long /health takes meanwhile.
 * Ctrl-C stops the server: it answers the requests that have come in, then the workers end.
 */
import { availableParallelism } from "node:os";
import { ThreadPool } from "ringpool";
import { MAX_QUERY_LENGTH, nearestProduct } from "./server/nearest-product.ts";
import type { NearestProduct } from "./server/nearest-product.ts";

const USAGE = "Usage: bun examples/server.ts [port] [workers]";

type Search = (query: string) => NearestProduct | Promise<NearestProduct>;

/** Answers with the product that the search finds, or with a description of what is wrong with the request. */
async function answer(request: Request, search: Search): Promise<Response> {
  const query = new URL(request.url).searchParams.get("query")?.trim() ?? "";
  if (query === "" || query.length > MAX_QUERY_LENGTH) {
    const error = `query is a text of 1 to ${MAX_QUERY_LENGTH} letters: length=${query.length}`;
    return Response.json({ error }, { status: 400 });
  }
  return Response.json(await search(query));
}

function serve(port: number, workers: number): void {
  const pool = new ThreadPool(workers);
  const inline: Search = (query) => nearestProduct(query);
  const pooled: Search = (query) => pool.run(nearestProduct, [query]);

  const server = Bun.serve({
    hostname: "127.0.0.1", // other machines cannot reach it
    port,
    routes: {
      "/inline": (request) => answer(request, inline),
      "/pooled": (request) => answer(request, pooled),
      "/health": () => new Response("ok"),
    },
    fetch: () => new Response("There is /inline, /pooled and /health.", { status: 404 }),
  });
  console.log(`Listening on ${server.url.origin}`);

  const stop = async (): Promise<void> => {
    await server.stop(); // accepts no more connections, and answers the requests that have come in
    // Waits until nothing is pending; then the workers end, and the process ends. What is stuck is ended after the limit.
    await pool.close({ timeoutMs: 10_000 });
  };
  // `once`, so that a second signal ends the process at once, as it does without a handler.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop());
}

/** The whole number that the text stands for, or NaN when it is none or is outside the range. */
function numberFrom(text: string, from: number, to: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  return number >= from && number <= to ? number : NaN;
}

/** Starts the server. Returns an exit code only when the command line is wrong. */
function main(args: readonly string[]): number | undefined {
  const [portText = "3000", workersText = String(availableParallelism())] = args;
  const port = numberFrom(portText, 0, 65_535);
  const workers = numberFrom(workersText, 1, 256);
  if (args.length > 2 || Number.isNaN(port + workers)) {
    console.error(USAGE);
    return 2;
  }
  serve(port, workers);
  return undefined;
}

process.exitCode = main(process.argv.slice(2));
