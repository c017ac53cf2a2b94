/**
 * A producer of the example: puts a request for each file that is named, and prints a line for each report.
 *
 *     REDIS_URL=redis://127.0.0.1:6379 bun examples/cluster/producer.ts FILE…
 *
 * The machines must find the files under the same paths.
 */
import { resolve } from "node:path";
import { ClusterPool } from "../../src/cluster/index.ts";
import type { registry } from "./registry.ts";

const { REDIS_URL = "redis://127.0.0.1:6379" } = process.env;
await using cluster = await ClusterPool.connect<typeof registry>({
  name: "files",
  connection: REDIS_URL,
});
const paths = process.argv.slice(2).map((path) => resolve(path));
for await (const [index, outcome] of cluster.imapUnordered("fileReport", paths, {
  entries: true,
  settle: true,
}))
  console.log(
    paths[index],
    outcome.status === "fulfilled" ? outcome.value : String(outcome.reason),
  );
