/** Measures a burst of 50 byte arrays of 64 KiB, each echoed. */
import { burst, timesPostMessage } from "../burst.ts";
import { atLeast, report } from "../result.ts";

const values = Array.from({ length: 50 }, (_, i) => new Uint8Array(1 << 16).fill(i));
const one = await burst(values, 1);
const two = await burst(values, 2);

await report({
  name: "bytes-64k",
  title: "A burst of 50 byte arrays of 64 KiB, each echoed",
  cases: [one.case, two.case],
  failures: [...one.failures, ...two.failures],
  targets: [
    atLeast("Times postMessage, 1 worker: at least 3", timesPostMessage(one), 3),
    atLeast("Times postMessage, 2 workers: at least 3", timesPostMessage(two), 3),
  ],
});
process.exit();
