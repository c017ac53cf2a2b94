/** Measures how soon a program that starts has its first result. */
import { BARE_WORKERS, BATCHED, CALLBACKS, FLAT, INLINE, RINGPOOL } from "../contestants/names.ts";
import { interleaveFresh } from "../fresh.ts";
import { caseOf, timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";

const ROUNDS = 21;
const name = "1 request, 1 worker";
const { rounds, failures } = interleaveFresh(
  "first-requests.ts",
  [
    { name: RINGPOOL, args: ["run", "number", "1"] },
    { name: INLINE, args: ["inline", "number", "1"] },
    { name: CALLBACKS, args: ["callbacks", "number", "1"] },
    { name: BATCHED, args: ["batched", "number", "1"] },
    { name: FLAT, args: ["flat", "number", "1"] },
    { name: BARE_WORKERS, args: ["bare", "number", "1"] },
  ],
  ROUNDS,
  name,
);
await report({
  name: "first-result",
  title: "First result of a fresh process, from the import on",
  cases: [caseOf(name, "ms", rounds, { perUnit: 1e6, rival: BARE_WORKERS })],
  failures,
  targets: [{ id: "first-result", measured: timesAsGood(rounds, BARE_WORKERS, RINGPOOL) }],
});
