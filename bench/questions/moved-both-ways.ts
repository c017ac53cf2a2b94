/** Measures an ArrayBuffer that is moved to a worker and moved back, without a copy. */
import { ThreadPool } from "ringpool";
import { sizeLabel } from "../bytes.ts";
import { canMoveBack, giveBack } from "../contestants/moving.ts";
import { FLAT, RINGPOOL } from "../contestants/names.ts";
import { interleave } from "../interleave.ts";
import type { Entry } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure, Measured } from "../result.ts";
import { inFull } from "../settings.ts";

const pool = new ThreadPool(1);
const worker = new Worker(new URL("../contestants/moving-worker.ts", import.meta.url).href);
let answer = Promise.withResolvers<ArrayBuffer>();
worker.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => answer.resolve(data));

function postMessageEntry(bytes: number): Entry {
  let buffer = new ArrayBuffer(bytes);
  return {
    name: FLAT,
    async sample() {
      answer = Promise.withResolvers();
      worker.postMessage(buffer, [buffer]);
      buffer = await answer.promise;
    },
  };
}

function ringpoolEntry(bytes: number): Entry {
  let buffer = new ArrayBuffer(bytes);
  return {
    name: RINGPOOL,
    async sample() {
      buffer = await pool.run(giveBack, [buffer], { transfer: [buffer] });
    },
  };
}

const cases: Case[] = [];
const failures: Failure[] = [];
const targets: Measured[] = [];
for (const bytes of inFull([1 << 20, 1 << 26], [1 << 20])) {
  const name = `${sizeLabel(bytes)}, 1 worker`;
  if (!canMoveBack)
    failures.push({ contestant: RINGPOOL, case: name, error: "It cannot move results yet." });
  const entries = [...(canMoveBack ? [ringpoolEntry(bytes)] : []), postMessageEntry(bytes)];
  const measured = await interleave(entries, name, { isAverage: true });
  cases.push(
    caseOf(name, "us", measured.rounds, { perUnit: 1000, rival: FLAT, percentiles: [50, 90, 99] }),
  );
  failures.push(...measured.failures);
  if (bytes === 1 << 26)
    targets.push({ id: "moved-back-64m", measured: timesAsGood(measured.rounds, RINGPOOL, FLAT) });
}
await report({
  name: "moved-both-ways",
  title: "An ArrayBuffer moved to a worker and back",
  cases,
  failures,
  targets,
});
process.exit();
