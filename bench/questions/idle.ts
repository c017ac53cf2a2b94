/**
 * Measures the CPU time of a pool that has worked and is now idle. It begins one second after the last request,
 * when the engine has finished compiling and collecting garbage. Bare workers beside it show what Bun itself burns.
 */
import { postMessage } from "../contestants/post-message.ts";
import { ringpool } from "../contestants/ringpool.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { atMost, report } from "../result.ts";
import type { Case, Failure, Target } from "../result.ts";

const REST_MS = 1000;
const IDLE_MS = 5000;
const numbers = Array.from({ length: 1000 }, (_, i) => i);

async function idlePercent(): Promise<number> {
  await Bun.sleep(REST_MS);
  const before = process.cpuUsage();
  await Bun.sleep(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 10 / IDLE_MS;
}

const cases: Case[] = [];
const failures: Failure[] = [];
const targets: Target[] = [];
for (const workers of [2, 32]) {
  const name = `${workers} workers`;
  const figures = [];
  for (const contestant of [ringpool, postMessage]) {
    const { started, failures: failed } = await startAll([contestant], workers, name);
    failures.push(...failed);
    for (const { name: who, pool } of started) {
      await Promise.all(numbers.map((n) => pool.run("echo", n)));
      const percent = await idlePercent();
      figures.push({ contestant: who, median: percent, from: percent, to: percent });
    }
    await stopAll(started);
  }
  cases.push({ name, unit: "% of a core", figures });
  targets.push(
    atMost(`% of a core, ${workers} workers: under 0.5`, figures[0]?.median ?? NaN, 0.5),
  );
}
await report({ name: "idle", title: "CPU of an idle pool over 5 s", cases, failures, targets });
process.exit();
