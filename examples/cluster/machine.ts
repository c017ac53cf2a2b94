/**
 * A machine of the example: run one on each computer. SIGTERM lets it finish what it has, and ends it with code 0.
 *
 *     REDIS_URL=redis://127.0.0.1:6379 THREADS=8 bun examples/cluster/machine.ts
 *
 * A program of its own imports these names from "ringpool/bullmq".
 */
import { serveMachine } from "../../src/cluster/index.ts";
import { registry } from "./registry.ts";

const { REDIS_URL = "redis://127.0.0.1:6379", THREADS, LOCK_MS, STALL_CHECK_MS } = process.env;
const machine = await serveMachine({
  name: "files",
  connection: REDIS_URL,
  registry,
  threads: THREADS === undefined ? undefined : Number(THREADS),
  lockDurationMs: LOCK_MS === undefined ? undefined : Number(LOCK_MS),
  stallCheckMs: STALL_CHECK_MS === undefined ? undefined : Number(STALL_CHECK_MS),
});
console.log(`serving ${machine.id}`);
await machine.ended;
console.log("dismissed");
