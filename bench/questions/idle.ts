/**
 * Measures the CPU time of a pool that has worked and is now idle. It begins one second after the last request,
 * when the engine has finished compiling and collecting garbage. Workers of pools by hand show what Bun itself burns.
 */
import { burstOf, workersLabel } from "../burst.ts";
import { batched, flat } from "../contestants/hand-made.ts";
import { BATCHED, RINGPOOL } from "../contestants/names.ts";
import { ringpool } from "../contestants/ringpool.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { caseOf } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure, Measured } from "../result.ts";
import { inFull } from "../settings.ts";
import { BURST, valuesOf } from "../values.ts";

const REST_MS = inFull(1000, 5);
const IDLE_MS = inFull(3000, 20);
const numbers = valuesOf("number", BURST);

async function idlePercent(): Promise<number> {
  await Bun.sleep(REST_MS);
  const before = process.cpuUsage();
  await Bun.sleep(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 10 / IDLE_MS;
}

const cases: Case[] = [];
const failures: Failure[] = [];
const targets: Measured[] = [];
for (const [workers, id] of [
  [2, "idle-2"],
  [32, "idle-32"],
] as const) {
  const name = workersLabel(workers);
  const rounds = [];
  for (const contestant of [ringpool, batched, flat]) {
    const { started, failures: failed } = await startAll([contestant], workers, name);
    failures.push(...failed);
    for (const { name: who, pool } of started) {
      await burstOf(pool, numbers)();
      rounds.push({ name: who, medians: [await idlePercent()] });
    }
    await stopAll(started);
  }
  const one = caseOf(name, "% of a core", rounds, { rival: BATCHED });
  cases.push(one);
  targets.push({
    id,
    measured: one.figures.find(({ contestant }) => contestant === RINGPOOL)?.median ?? NaN,
  });
}
await report({ name: "idle", title: "CPU of an idle pool over 3 s", cases, failures, targets });
process.exit();
