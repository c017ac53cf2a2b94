/**
 * What idle workers burn: processes with no worker, with 32 bare ones, and with pools of 32, all idle at the same time; as they are, and with
 * Bun's own timer switched off that collects garbage in each thread, about twice a second.
 *
 *     bun run build && bun --tsconfig-override=bench/tsconfig.dist.json bench/limits/idle-workers.ts
 *
 * Takes 25 seconds. Prints how much of a core each burns, the median of six processes, with the least and the most.
 */
import { burstOf } from "../burst.ts";
import { batched, flat } from "../contestants/hand-made.ts";
import type { Contestant } from "../contestants/contestant.ts";
import { ringpool } from "../contestants/ringpool.ts";
import { medianOf } from "../rounds.ts";
import { BURST, valuesOf } from "../values.ts";

const WORKERS = 32;
const PROCESSES_AT_ONCE = 3;
const ROUNDS = 2;
const REST_MS = 1000;
const IDLE_MS = 3000;

/** Pools that nothing refers to are ended. */
const kept: unknown[] = [];

/** A pool has worked before it is idle, as in the question "idle". */
function worked(contestant: Contestant): () => Promise<unknown> {
  return async () => {
    const pool = await contestant.start(WORKERS);
    kept.push(pool);
    return burstOf(pool, valuesOf("number", BURST))();
  };
}

const SETTINGS: Readonly<Record<string, () => unknown>> = {
  "no worker": () => {},
  "bare workers": () => {
    const url = new URL("../contestants/ready-worker.ts", import.meta.url).href;
    const workers = Array.from({ length: WORKERS }, () => new Worker(url));
    return Promise.all(
      workers.map(
        (worker) => new Promise((resolve) => worker.addEventListener("message", resolve)),
      ),
    );
  },
  "batched by hand": worked(batched),
  "one message each": worked(flat),
  ringpool: worked(ringpool),
};

const [asked] = process.argv.slice(2);
if (asked !== undefined) {
  await SETTINGS[asked]?.();
  await Bun.sleep(REST_MS);
  const before = process.cpuUsage();
  await Bun.sleep(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) / 10 / IDLE_MS);
  if (kept.length > 1) throw new Error("There is one pool in a process.");
  process.exit();
}

const ENVS: Readonly<Record<string, Record<string, string>>> = {
  "as it is": {},
  "no timer": { BUN_GC_TIMER_DISABLE: "1" },
};

async function ask(setting: string, how: string): Promise<number> {
  const command = [process.execPath, ...process.execArgv, import.meta.path, setting];
  const env = { ...process.env, ...ENVS[how] };
  return Number(await Bun.spawn(command, { env, stdout: "pipe" }).stdout.text());
}

for (const how of Object.keys(ENVS)) {
  const all = new Map(Object.keys(SETTINGS).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    const asking = [...all].flatMap(([name, percents]) =>
      Array.from({ length: PROCESSES_AT_ONCE }, async () => percents.push(await ask(name, how))),
    );
    await Promise.all(asking);
  }
  for (const [name, percents] of all) {
    const [least, most] = [Math.min(...percents), Math.max(...percents)];
    console.log(
      `${how}, ${name.padEnd(18)} ${medianOf(percents).toFixed(2)} % of a core (${least.toFixed(2)} to ${most.toFixed(2)})`,
    );
  }
}
