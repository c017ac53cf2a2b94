/**
 * The job of the demo, across machines: it computes the SHA-256, the gzip size and the line and word counts of each file below
 * a folder. It starts a Redis server of its own and two machines as processes of their own, kills one of them on the way, and
 * shows that nothing was lost.
 *
 *     bun run cluster:demo             the files of the package bullmq
 *     bun run cluster:demo <folder>    any folder; nothing in it is changed
 *
 * The last line counts the requests. The exit code is 1 when one was lost, or delivered twice.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ClusterPool } from "../../src/cluster/index.ts";
import type { ClusterStats } from "../../src/cluster/index.ts";
import { listFolder } from "../demo/folder-listing.ts";
import { startRedis } from "./redis-of-demo.ts";
import type { registry } from "./registry.ts";

const MACHINE = join(import.meta.dir, "machine.ts");
const INSTALLED = join(dirname(fileURLToPath(import.meta.resolve("bullmq"))), "..");
/** Short, so that the demo is: what the killed machine had runs elsewhere within about two seconds. */
const TIMES = { LOCK_MS: "1000", STALL_CHECK_MS: "500" };

interface MachineProcess {
  readonly process: Bun.Subprocess<"ignore", "pipe", "inherit">;
  readonly id: string;
}

/** Starts a machine, and waits until it serves. */
async function startMachine(url: string): Promise<MachineProcess> {
  const child = Bun.spawn([process.execPath, MACHINE], {
    env: { ...process.env, ...TIMES, REDIS_URL: url, THREADS: "2" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of child.stdout) {
    text += decoder.decode(bytes, { stream: true });
    const id = /^serving (\S+)\n/.exec(text)?.[1];
    if (id !== undefined) return { process: child, id };
  }
  throw new Error("The machine has ended before it served.");
}

/** Puts a request for each file, and kills a machine on the way. Returns how often each was delivered, and the figures. */
async function reportAll(
  url: string,
  paths: readonly string[],
  victim: MachineProcess,
): Promise<{ readonly deliveries: ReadonlyMap<string, number>; readonly stats: ClusterStats }> {
  const cluster = await ClusterPool.connect<typeof registry>({
    name: "files",
    connection: url,
    maxOutstanding: 1000,
  });
  const deliveries = new Map<string, number>(paths.map((path) => [path, 0]));
  let delivered = 0;
  const deliver = (request: { readonly args: readonly unknown[] }): void => {
    const path = String(request.args[0]);
    deliveries.set(path, (deliveries.get(path) ?? 0) + 1);
    delivered += 1;
    if (delivered === Math.ceil(paths.length / 4)) {
      console.log(`${delivered} of ${paths.length} delivered: kill -9 ${victim.id}`);
      victim.process.kill("SIGKILL");
    }
    if (delivered % Math.ceil(paths.length / 4) === 0) console.log(`${delivered} delivered`);
  };
  // A file that cannot be read is an outcome, too.
  const requests = cluster.makeRequests("fileReport", paths, deliver, deliver);
  for (const request of requests) await cluster.putRequest(request);
  await cluster.settled();
  const stats = cluster.stats();
  await cluster.close();
  return { deliveries, stats };
}

async function main(folder: string): Promise<number> {
  const paths = listFolder(folder).files.map(({ path }) => path);
  if (paths.length === 0) {
    console.error(`No files below ${folder}`);
    return 1;
  }
  console.log(`${paths.length} files below ${folder}`);
  const redis = await startRedis();
  const machines = await Promise.all([startMachine(redis.url), startMachine(redis.url)]);
  try {
    const { deliveries, stats } = await reportAll(redis.url, paths, machines[0]);
    for (const { id, succeeded, failed } of stats.machines)
      console.log(`${id}: ${succeeded} reports, ${failed} failures`);
    console.log(`${stats.repeated} ran again, ${stats.late} results came late and were dropped`);
    const counts = [...deliveries.values()];
    const lost = counts.filter((count) => count === 0).length;
    const doubled = counts.filter((count) => count > 1).length;
    await machines[0].process.exited;
    const killed = machines.filter(({ process: child }) => child.signalCode === "SIGKILL").length;
    machines[1].process.kill("SIGTERM");
    const exitCode = await machines[1].process.exited;
    console.log(`The other machine was dismissed, exit code ${exitCode}`);
    const total = counts.length;
    console.log(
      `${stats.put} put, ${total - lost} delivered, ${lost} lost, ${doubled} doubled, ${killed} machines killed`,
    );
    return lost + doubled === 0 && stats.put === total && exitCode === 0 ? 0 : 1;
  } finally {
    for (const { process: child } of machines) child.kill("SIGKILL");
    await redis.stop();
  }
}

process.exitCode = await main(process.argv[2] ?? INSTALLED);
