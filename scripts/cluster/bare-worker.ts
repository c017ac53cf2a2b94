/** What a user of BullMQ would write in place of a machine: a worker that puts each result into the queue of results. */
import { createBunRedisClient, Queue, Worker } from "bullmq";
import { RedisClient } from "bun";
import { echo } from "./tasks.ts";

const url = process.argv[2] ?? "";
const connect = () => createBunRedisClient(new RedisClient(url, { autoReconnect: false }));
const results = new Queue("bare-results", { connection: connect() });
const worker = new Worker<{ id: number; value: number }>(
  "bare",
  async ({ data: { id, value } }) => {
    await results.add("result", { id, value: echo(value) }, { removeOnComplete: true });
  },
  { connection: connect(), concurrency: 32, removeOnComplete: { count: 0 } },
);
await worker.waitUntilReady();
console.log("ready");
