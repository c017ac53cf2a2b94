/** Measures from which size of a task two workers are faster than a plain loop. */
import { ThreadPool, makeRequests } from "ringpool";
import { BATCHED, CALLBACKS, FLAT, PLAIN, RINGPOOL, SHARES } from "../contestants/names.ts";
import { BatchedPool } from "../contestants/batched-pool.ts";
import { FlatPool } from "../contestants/flat-pool.ts";
import { burn } from "../contestants/tasks.ts";
import { interleave } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import type { Rounds } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Measured } from "../result.ts";
import { inFull } from "../settings.ts";

const WORKERS = 2;
const GRAINS = [
  { name: "1 us", us: 1, tasks: 2000, target: "grain-1us" },
  { name: "10 us", us: 10, tasks: 1000, target: "grain-10us" },
  { name: "100 us", us: 100, tasks: 200, target: "grain-100us" },
  { name: "1 ms", us: 1000, tasks: 40, target: "grain-1ms" },
] as const;

const pool = new ThreadPool(WORKERS);
const batched = new BatchedPool(WORKERS, "burn");
const flat = new FlatPool(WORKERS, "burn");
const shares = new FlatPool(WORKERS, "burnTimes");
let sum = 0;
const add = (_: unknown, result: number): void => {
  sum ^= result;
};

const cases: Case[] = [];
const targets: Measured[] = [];
for (const { name, us, tasks: count, target } of GRAINS) {
  const tasks = inFull(count, WORKERS);
  const items = Array.from({ length: tasks }, () => us);
  const { rounds } = await interleave(
    [
      { name: RINGPOOL, sample: () => Promise.all(items.map((item) => pool.run(burn, [item]))) },
      {
        name: CALLBACKS,
        sample: () => {
          for (const request of makeRequests(burn, items, add)) pool.putRequest(request);
          pool.wait();
        },
      },
      { name: BATCHED, sample: () => Promise.all(items.map((item) => batched.run(item))) },
      { name: FLAT, sample: () => Promise.all(items.map((item) => flat.run(item))) },
      {
        // The limit: each worker gets one task that holds its whole share of the work, so only the cores matter.
        name: SHARES,
        sample: () =>
          Promise.all(Array.from({ length: WORKERS }, () => shares.run([us, tasks / WORKERS]))),
      },
      {
        name: PLAIN,
        sample: () => {
          for (const item of items) sum ^= burn(item);
        },
      },
    ],
    name,
    { warmUpMs: 700 },
  );
  const plain = rounds.find((one) => one.name === PLAIN) as Rounds;
  const speedUps = caseOf(
    name,
    "x a plain loop",
    rounds.filter((one) => one !== plain),
    { rival: BATCHED, figure: (ns, round) => (plain.medians[round] ?? NaN) / ns },
  );
  cases.push(speedUps);
  targets.push({ id: target, measured: timesAsGood(rounds, RINGPOOL, PLAIN) });
}
if (sum === 0.5) throw new Error("Nothing was computed.");
await report({
  name: "grain",
  title: "Two workers against a plain loop, by the size of a task",
  cases,
  targets,
});
process.exit();
