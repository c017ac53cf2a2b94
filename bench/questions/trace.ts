/** Measures what a trace costs, by the size of a request: the same requests in a pool with a trace and in one without. */
import { ThreadPool } from "ringpool";
import { RINGPOOL, TRACED } from "../contestants/names.ts";
import { burn, echo } from "../contestants/tasks.ts";
import { interleave } from "../interleave.ts";
import type { Entry } from "../interleave.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure, Measured } from "../result.ts";
import { inFull } from "../settings.ts";
import { BURST } from "../values.ts";

const WORKERS = 2;
const GRAINS = [
  { name: "numbers that are echoed", us: 0, requests: BURST, target: "trace-number" },
  { name: "tasks of 10 us", us: 10, requests: inFull(1000, 20), target: "trace-10us" },
  { name: "tasks of 100 us", us: 100, requests: inFull(200, 20), target: "trace-100us" },
] as const;

const plain = new ThreadPool(WORKERS);
const traced = new ThreadPool(WORKERS);
// As a program would leave it on: what is older than the newest 100,000 runs is forgotten.
const trace = traced.trace();

const cases: Case[] = [];
const failures: Failure[] = [];
const targets: Measured[] = [];
for (const { name, us, requests, target } of GRAINS) {
  const measured = await interleave(
    [
      { name: RINGPOOL, sample: burstOf(plain, us, requests) },
      { name: TRACED, sample: burstOf(traced, us, requests) },
    ],
    name,
    { rounds: 25 },
  );
  cases.push(caseOf(name, "ns a request", measured.rounds, { perUnit: requests, rival: RINGPOOL }));
  failures.push(...measured.failures);
  targets.push({ id: target, measured: timesAsGood(measured.rounds, RINGPOOL, TRACED) });
}
const { skipped } = trace.stop();
console.log(`requests that were too many to be recorded: ${skipped}`);
await report({
  name: "trace",
  title: "What a trace costs, by the size of a request, 2 workers",
  cases,
  failures,
  targets,
});
process.exit();

/** Separate code for each pool, as in a program that has one: see `burstOf` of `bench/burst.ts`. */
function burstOf(pool: ThreadPool, us: number, requests: number): Entry["sample"] {
  // oxlint-disable-next-line typescript/no-implied-eval -- the only way to separate code; its text is our own
  const make = new Function(
    "pool",
    "callable",
    "values",
    "return () => Promise.all(values.map((value) => pool.run(callable, [value])));",
  ) as (pool: ThreadPool, callable: unknown, values: readonly number[]) => Entry["sample"];
  const values = Array.from({ length: requests }, (_, i) => (us === 0 ? i : us));
  return make(pool, us === 0 ? echo : burn, values);
}
