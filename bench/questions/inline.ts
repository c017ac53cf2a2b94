/** Measures a function that is written in the call, which is a new function each time, against one that is kept. */
import { ThreadPool } from "ringpool";
import { burstOf } from "../burst.ts";
import { firstRivals } from "../contestants/index.ts";
import { INLINE, KEPT_INLINE, RINGPOOL } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { interleave } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";
import { BURST, valuesOf } from "../values.ts";

const name = "1,000 numbers, 1 worker";
const numbers = valuesOf("number", BURST) as number[];
const pool = new ThreadPool(1);
const keptPool = new ThreadPool(1);
const kept = (value: number): number => value;

const { started, failures } = await startAll(firstRivals, 1, name);
const measured = await interleave(
  [
    {
      name: INLINE,
      sample: () => Promise.all(numbers.map((n) => pool.run((value: number) => value, [n]))),
    },
    {
      name: KEPT_INLINE,
      sample: () => Promise.all(numbers.map((n) => keptPool.run(kept, [n]))),
    },
    // Of ringpool: a function that a module exports, and that is kept.
    ...started.map((one) => ({ name: one.name, sample: burstOf(one.pool, numbers) })),
  ],
  name,
);
await stopAll(started);
await report({
  name: "inline",
  title: "A function written in the call, against one that is kept",
  cases: [
    caseOf(name, "ns a request", measured.rounds, { perUnit: numbers.length, rival: RINGPOOL }),
  ],
  failures: [...failures, ...measured.failures],
  targets: [{ id: "inline", measured: timesAsGood(measured.rounds, KEPT_INLINE, INLINE) }],
});
process.exit();
