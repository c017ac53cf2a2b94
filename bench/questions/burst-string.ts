/** Measures a burst of 1,000 strings of 20 characters, each echoed. */
import { burst } from "../burst.ts";
import { BATCHED, RINGPOOL } from "../contestants/names.ts";
import { timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";
import { BURST, valuesOf } from "../values.ts";

const values = valuesOf("string", BURST);
const one = await burst(values, 1, [], []);
const two = await burst(values, 2);
await report({
  name: "burst-string",
  title: "A burst of 1,000 strings of 20 characters, each echoed",
  cases: [one.case, two.case],
  failures: [...one.failures, ...two.failures],
  targets: [{ id: "burst-string", measured: timesAsGood(one.rounds, RINGPOOL, BATCHED) }],
});
process.exit();
