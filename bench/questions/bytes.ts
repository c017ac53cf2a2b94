/**
 * Measures byte arrays by their size, each echoed: contestants in turn in one process, and each alone in a process of its
 * own, where nobody else's arrays take the pages and the caches.
 */
import { SIZES, bytesBurst, sizeLabel } from "../bytes.ts";
import { firstRivals } from "../contestants/index.ts";
import { BATCHED, FLAT, RINGPOOL } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { interleaveFresh } from "../fresh.ts";
import { interleave } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import type { Rounds } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure } from "../result.ts";
import { inFull } from "../settings.ts";

const ROUNDS_ALONE = 3;
const cases: Case[] = [];
const failures: Failure[] = [];

async function together(bytes: number): Promise<number> {
  const name = `${sizeLabel(bytes)}, in turn`;
  const { started, failures: failed } = await startAll(firstRivals, 1, name);
  let arrays = 1;
  const entries = started.map((one) => {
    const made = bytesBurst(one.pool, bytes);
    arrays = made.arrays;
    return { name: one.name, sample: made.sample };
  });
  const measured = await interleave(entries, name, { warmUpMs: 500 });
  await stopAll(started);
  failures.push(...failed, ...measured.failures);
  return keep(name, measured.rounds, 1000 * arrays);
}

function alone(bytes: number): number {
  const name = `${sizeLabel(bytes)}, alone`;
  const entries = [RINGPOOL, BATCHED, FLAT].map((who) => ({
    name: who,
    args: [who, String(bytes)],
  }));
  const measured = interleaveFresh("bytes.ts", entries, ROUNDS_ALONE, name);
  failures.push(...measured.failures);
  return keep(name, measured.rounds, 1000);
}

/** Returns how many times as fast as postMessage ringpool is. */
function keep(name: string, rounds: readonly Rounds[], perUnit: number): number {
  cases.push(caseOf(name, "us an array", rounds, { perUnit, rival: FLAT }));
  return timesAsGood(rounds, RINGPOOL, FLAT);
}

const sizes = inFull(SIZES, SIZES.slice(0, 3));
const inTurn = new Map<number, number>();
for (const bytes of sizes) inTurn.set(bytes, await together(bytes));
const ofProcesses = sizes.map(alone);
await report({
  name: "bytes",
  title: "Byte arrays by their size, each echoed",
  cases,
  failures,
  targets: [
    { id: "bytes-64k", measured: inTurn.get(1 << 16) ?? NaN },
    { id: "bytes-worst", measured: Math.min(...inTurn.values()) },
    { id: "bytes-alone-worst", measured: Math.min(...ofProcesses) },
  ],
});
process.exit();
