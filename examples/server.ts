/**
 * A web server with 5 ms of CPU to burn per request: once in its event loop, once through a pool.
 *
 *     bun examples/server.ts [port] [workers]      3000, and as many workers as can run at a time
 *
 *     curl 'localhost:3000/pooled?query=smal+waltnut+cuboard'    in a worker
 *     curl 'localhost:3000/inline?query=smal+waltnut+cuboard'    the same, in the event loop
 *     curl 'localhost:3000/health'                               answers at once, if the event loop is free
 *
 * The two routes differ in a single line: compare `inline` with `pooled`. Then put load on the one and on
 * the other, and see how long /health takes meanwhile: `bun run bench server` does that.
 * Ctrl-C stops it: requests that have come in are answered, then the workers end.
 */
import { availableParallelism } from "node:os";
import { ThreadPool } from "../src/index.ts";
import { MAX_QUERY_LENGTH, nearestProduct } from "./server/nearest-product.ts";
import type { NearestProduct } from "./server/nearest-product.ts";

const USAGE = "Usage: bun examples/server.ts [port] [workers]";

type Search = (query: string) => NearestProduct | Promise<NearestProduct>;

/** Answers a request with what the search finds, or with what is wrong with the request. */
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
    hostname: "127.0.0.1", // not to be reached from other machines
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
    await server.stop(); // takes no more connections, and answers what has come in
    await pool.close(); // nothing is pending any more: the workers end, and with them the process
  };
  // Once: a second signal ends the process at once, as it would without a handler.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop());
}

/** A whole number within the range, or NaN. */
function numberFrom(text: string, from: number, to: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  return number >= from && number <= to ? number : NaN;
}

/** Returns the exit code of a wrong command line. */
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
