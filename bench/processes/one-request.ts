/**
 * A program with one request, for the profiler, which writes nothing of a program that ends by `process.exit`:
 *
 *     bun --cpu-prof --cpu-prof-interval 100 --cpu-prof-md --tsconfig-override=bench/tsconfig.dist.json \
 *       bench/processes/one-request.ts [FILE]    the entry of another package, such as /a/checkout/src/index.ts
 */
import { echo } from "../contestants/tasks.ts";

const [file = "ringpool"] = process.argv.slice(2);
const { ThreadPool } = (await import(file)) as typeof import("ringpool");
const pool = new ThreadPool(1);
await pool.run(echo, [1]);
await pool.close();
