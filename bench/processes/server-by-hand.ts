/**
 * The example server with a pool that is written by hand: /pooled and /health.
 *
 *     bun bench/processes/server-by-hand.ts PORT WORKERS
 */
import { FlatPool } from "../contestants/flat-pool.ts";

const [port, workers] = process.argv.slice(2).map(Number);
const pool = new FlatPool(workers as number, "nearestProduct", "./product-worker.ts");
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: port as number,
  routes: {
    "/pooled": async ({ url }) =>
      Response.json(await pool.run(new URL(url).searchParams.get("query"))),
    "/health": () => new Response("ok"),
  },
});
console.log(`Listening on ${server.url.origin}`);
process.once("SIGTERM", () => {
  void server.stop();
  pool.terminate();
});
