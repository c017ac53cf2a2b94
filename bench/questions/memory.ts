/** Measures the memory of a fresh process whose eight workers have answered and are idle. */
import { BARE_WORKERS, BATCHED, FLAT, RINGPOOL } from "../contestants/names.ts";
import { interleaveFresh } from "../fresh.ts";
import { caseOf, medianOf } from "../rounds.ts";
import { report } from "../result.ts";

const ROUNDS = 9;
const BYTES_PER_MB = 1e6;
const name = "8 workers";
const { rounds, failures } = interleaveFresh(
  "eight-workers.ts",
  [
    { name: RINGPOOL, args: ["ringpool", "memory"] },
    { name: BATCHED, args: ["batched", "memory"] },
    { name: FLAT, args: ["flat", "memory"] },
    { name: BARE_WORKERS, args: ["bare", "memory"] },
  ],
  ROUNDS,
  name,
);
const bytesOf = (contestant: string): readonly number[] =>
  rounds.find((one) => one.name === contestant)?.medians ?? [];
const bare = bytesOf(BARE_WORKERS);
await report({
  name: "memory",
  title: "Memory of a process with eight idle workers",
  cases: [caseOf(name, "MB", rounds, { perUnit: BYTES_PER_MB, rival: BARE_WORKERS })],
  failures,
  targets: [
    {
      id: "memory-8",
      measured:
        medianOf(bytesOf(RINGPOOL).map((bytes, i) => bytes - (bare[i] ?? NaN))) / BYTES_PER_MB,
    },
  ],
});
