/** Measures a burst of 1,000 small objects, each echoed. */
import { burst, timesPostMessage } from "../burst.ts";
import { atLeast, report } from "../result.ts";

const values = Array.from({ length: 1000 }, (_, i) => ({
  id: i,
  name: `item ${i}`,
  tags: ["new", "red"],
  isOpen: true,
}));
const one = await burst(values, 1);
const two = await burst(values, 2);

await report({
  name: "burst-object",
  title: "A burst of 1,000 small objects, each echoed",
  cases: [one.case, two.case],
  failures: [...one.failures, ...two.failures],
  targets: [
    atLeast("Times postMessage, 1 worker: at least 5", timesPostMessage(one), 5),
    atLeast("Times postMessage, 2 workers: at least 5", timesPostMessage(two), 5),
  ],
});
process.exit();
