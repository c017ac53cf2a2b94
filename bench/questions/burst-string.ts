/** Measures a burst of 1,000 strings of 20 characters, each echoed. */
import { burst, timesPostMessage } from "../burst.ts";
import { atLeast, report } from "../result.ts";

const values = Array.from({ length: 1000 }, (_, i) => String(i).padStart(20, "item "));
const one = await burst(values, 1);
const two = await burst(values, 2);

await report({
  name: "burst-string",
  title: "A burst of 1,000 strings of 20 characters, each echoed",
  cases: [one.case, two.case],
  failures: [...one.failures, ...two.failures],
  targets: [
    atLeast("Times postMessage, 1 worker: at least 6.5", timesPostMessage(one), 6.5),
    atLeast("Times postMessage, 2 workers: at least 6.5", timesPostMessage(two), 6.5),
  ],
});
process.exit();
