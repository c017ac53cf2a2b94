/**
 * What a program's first requests take at least: the same fresh processes as they are, and without the engine's optimizing compiler, which
 * no package can switch off in a program of others. Beside the pool and both pools by hand: the queue alone, for numbers, without a pool, a
 * request and a promise.
 *
 *     bun run build && bun --tsconfig-override=bench/tsconfig.dist.json bench/limits/compilers.ts [count] [rounds]
 *
 * Takes 30 seconds; 45 with a count of 100000.
 */
import { join } from "node:path";
import { requireFreshBuild } from "../../scripts/build/fingerprint.ts";
import { medianOf } from "../rounds.ts";
import { KINDS } from "../values.ts";

const SCRIPT = join(import.meta.dir, "../processes/first-requests.ts");
const [count = "10000", rounds = "9"] = process.argv.slice(2);
const SETTINGS = {
  "as it is": {},
  "without the optimizing compiler": { BUN_JSC_useDFGJIT: "0" },
} as const;

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function costOf(
  contestant: string,
  kind: string,
  settings: Readonly<Record<string, string>>,
): Cost {
  const command = [process.execPath, ...process.execArgv, SCRIPT, contestant, kind, count];
  const { stdout, stderr, success, resourceUsage } = Bun.spawnSync(command, {
    env: { ...process.env, ...settings },
  });
  if (!success) throw new Error(`It failed: command=${command.join(" ")}\n${stderr.toString()}`);
  return {
    wallMs: Number(stdout.toString()) / 1e6,
    cpuMs: Number(resourceUsage.cpuTime.total) / 1e3,
  };
}

await requireFreshBuild(join(import.meta.dir, "../.."));
for (const kind of KINDS) {
  const costs = new Map<string, Cost[]>();
  for (let round = 0; round < Number(rounds); round++) {
    for (const contestant of ["run", "flat", "batched", "queue"]) {
      if (contestant === "queue" && kind !== "number") continue;
      for (const [name, settings] of Object.entries(SETTINGS)) {
        const key = `${count} of ${kind}, ${contestant}, ${name}`;
        costs.set(key, [...(costs.get(key) ?? []), costOf(contestant, kind, settings)]);
      }
    }
  }
  for (const [key, all] of costs) {
    const wall = medianOf(all.map(({ wallMs }) => wallMs)).toFixed(1);
    const cpu = medianOf(all.map(({ cpuMs }) => cpuMs)).toFixed(1);
    console.log(`${key}: ${wall} ms, ${cpu} ms of processor time`);
  }
}
