/**
 * The queues of the example in a browser, by bull-board: what waits, what runs, what has failed, with the values of each request.
 *
 *     REDIS_URL=redis://127.0.0.1:6379 bun examples/cluster/board.ts
 *
 * It shows the requests of the versions that are named in REGISTRY_VERSIONS, such as "1,2"; by default those of producers
 * without a version. It listens on loopback alone: whoever reaches it can remove jobs.
 */
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { HonoAdapter } from "@bull-board/hono";
import { createBunRedisClient, Queue } from "bullmq";
import { RedisClient } from "bun";
import { Hono } from "hono";
import { serveStatic } from "hono/bun";

const { REDIS_URL = "redis://127.0.0.1:6379", REGISTRY_VERSIONS = "", PORT = "3100" } = process.env;
const connection = createBunRedisClient(new RedisClient(REDIS_URL, { autoReconnect: false }));
connection.on("error", () => {}); // it connects again by itself

/** The queue of the cluster "files" for one version of its registry. */
function queueOf(version: string): Queue {
  return new Queue(version === "" ? "files" : `files@${version}`, { connection });
}

const serverAdapter = new HonoAdapter(serveStatic);
serverAdapter.setBasePath("/");
createBullBoard({
  queues: REGISTRY_VERSIONS.split(",").map((version) => new BullMQAdapter(queueOf(version))),
  serverAdapter,
});
const app = new Hono();
app.route("/", serverAdapter.registerPlugin());
const server = Bun.serve({ hostname: "127.0.0.1", port: Number(PORT), fetch: app.fetch });
console.log(`http://127.0.0.1:${server.port}`);
