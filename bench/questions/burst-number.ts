/** Measures a burst of 1,000 numbers, each echoed. */
import { burst, promisesAlone, queueAlone } from "../burst.ts";
import { BATCHED, RINGPOOL } from "../contestants/names.ts";
import { timesAsGood } from "../rounds.ts";
import { report } from "../result.ts";
import { BURST, valuesOf } from "../values.ts";

const numbers = valuesOf("number", BURST);

async function measure(workers: number) {
  const queue = queueAlone(numbers.length, workers);
  const measured = await burst(numbers, workers, [promisesAlone(numbers.length), queue]);
  queue.stop();
  return measured;
}

const one = await measure(1);
const two = await measure(2);
await report({
  name: "burst-number",
  title: "A burst of 1,000 numbers, each echoed",
  cases: [one.case, two.case],
  failures: [...one.failures, ...two.failures],
  targets: [{ id: "burst-number", measured: timesAsGood(one.rounds, RINGPOOL, BATCHED) }],
});
process.exit();
