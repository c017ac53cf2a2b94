/** Measures a shared buffer of 16 MB against a number. */
import { ThreadPool } from "ringpool";
import { batched, flat } from "../contestants/hand-made.ts";
import { FLAT, RINGPOOL, WITH_NUMBER } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { first } from "../contestants/tasks.ts";
import { interleave } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";

const name = "16 MiB, 1 worker";
const pool = new ThreadPool(1);
const shared = new Uint8Array(new SharedArrayBuffer(1 << 24));

const byHand = await startAll([batched, flat], 1, name, "first");
const measured = await interleave(
  [
    { name: RINGPOOL, sample: () => pool.run(first, [shared]) },
    { name: WITH_NUMBER, sample: () => pool.run(first, [7]) },
    ...byHand.started.map((one) => ({
      name: one.name,
      sample: () => one.pool.run("first", shared),
    })),
  ],
  name,
);
await stopAll(byHand.started);
const { rounds } = measured;
await report({
  name: "shared-16m",
  title: "A shared buffer of 16 MB given to a worker",
  cases: [caseOf(name, "us", rounds, { perUnit: 1000, rival: FLAT, percentiles: [50, 90, 99] })],
  failures: [...byHand.failures, ...measured.failures],
  targets: [{ id: "shared-16m", measured: timesAsGood(rounds, RINGPOOL, WITH_NUMBER) }],
});
process.exit();
