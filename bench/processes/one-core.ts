/** Measures bursts on a single core, to which `questions/one-core.ts` pins it. Prints the rounds as JSON. */
import { burstOf } from "../burst.ts";
import { firstRivals } from "../contestants/index.ts";
import { startAll } from "../contestants/start.ts";
import { interleave } from "../interleave.ts";
import { BURST, valuesOf } from "../values.ts";

const numbers = valuesOf("number", BURST);
const { started } = await startAll(firstRivals, 2, "one core");
const { rounds } = await interleave(
  started.map(({ name, pool }) => ({ name, sample: burstOf(pool, numbers) })),
  "one core",
);
console.log(JSON.stringify(rounds.map(({ name, medians }) => ({ name, medians }))));
process.exit();
