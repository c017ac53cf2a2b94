/**
 * What two busy threads do to a server that has no part in their work: `/health` of `examples/server.ts` while nothing else runs,
 * and while other processes burn 5 ms at a time, 100 times a second in all, which is the load of the question "server".
 *
 *     bun run build && bun --tsconfig-override=bench/tsconfig.dist.json bench/limits/server.ts
 *
 * Takes 35 seconds. Prints the median p99 of five rounds of two seconds each, and how many times that of the idle server it is. No pool and no
 * message is between the server and the load, so what is left is how the system divides two cores.
 */
import { burn } from "../contestants/tasks.ts";
import { medianOf } from "../rounds.ts";
import type { LoadReport } from "../server-load.ts";

const ROUNDS = 5;
const SECONDS = 2;
const BURST_US = 5000;
const BURSTS_A_SECOND = 100;
const BURNERS = [0, 1, 2] as const;

const [asked] = process.argv.slice(2);
if (asked !== undefined) {
  // At random, as in the load of the question; what is late comes as soon as it can.
  for (let dueMs = performance.now(); ;) {
    dueMs += (-Math.log(1 - Math.random()) * 1000) / Number(asked);
    await Bun.sleep(dueMs - performance.now());
    burn(BURST_US);
  }
}

const server = Bun.spawn(
  [
    process.execPath,
    ...process.execArgv,
    new URL("../../examples/server.ts", import.meta.url).pathname,
    "0",
    "1",
  ],
  { stdout: "pipe" },
);
const { value } = await server.stdout.getReader().read();
const origin = /http:\/\/\S+/.exec(new TextDecoder().decode(value))?.[0] ?? "";
const load = new URL("../server-load.ts", import.meta.url).pathname;

async function p99Of(burners: number): Promise<number> {
  const rate = String(BURSTS_A_SECOND / burners);
  const busy = Array.from({ length: burners }, () =>
    Bun.spawn([process.execPath, import.meta.path, rate]),
  );
  const child = Bun.spawn([process.execPath, load, origin, String(SECONDS)], { stdout: "pipe" });
  const { health } = JSON.parse(await child.stdout.text()) as LoadReport;
  for (const one of busy) one.kill();
  return health.percentiles["99"] ?? NaN;
}

const all = BURNERS.map(() => [] as number[]);
for (let round = 0; round < ROUNDS; round++)
  for (const burners of BURNERS) all[burners]?.push(await p99Of(burners));
server.kill();
for (const burners of BURNERS) {
  const p99s = all[burners] ?? [];
  const multiple = medianOf(p99s.map((ms, round) => ms / (all[0]?.[round] ?? NaN)));
  console.log(
    `${burners} processes that burn: p99 ${medianOf(p99s).toFixed(2)} ms, ${multiple.toFixed(1)} x the idle server's (${Math.min(...p99s).toFixed(2)} to ${Math.max(...p99s).toFixed(2)} ms)`,
  );
}
