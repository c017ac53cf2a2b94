/**
 * What one awaited `run` takes with a shared buffer of 16 MB, and with other arguments, in turn in one process with one worker.
 *
 *     bun run build && bun --tsconfig-override=bench/tsconfig.dist.json bench/limits/shared-buffer.ts
 *
 * Takes 15 seconds. Prints the median microseconds of each, and how many times as fast it is as a number. A shared buffer of 64 bytes shows that
 * its size counts for nothing; an object and a list show what any value costs that is encoded.
 */
import { ThreadPool } from "ringpool";
import { numberOrZero } from "../contestants/tasks.ts";
import { interleave } from "../interleave.ts";
import { medianOf } from "../rounds.ts";

const pool = new ThreadPool(1);
const VALUES: Readonly<Record<string, unknown>> = {
  "a number": 7,
  "a string of 20 characters": "12345678901234567890",
  "an object with a number": { value: 7 },
  "a byte array of 8 bytes": new Uint8Array(8),
  "a shared buffer of 64 bytes": new SharedArrayBuffer(64),
  "a shared buffer of 16 MB": new SharedArrayBuffer(1 << 24),
  "a view of a shared buffer of 16 MB": new Uint8Array(new SharedArrayBuffer(1 << 24)),
};
const { rounds } = await interleave(
  Object.entries(VALUES).map(([name, value]) => ({
    name,
    sample: () => pool.run(numberOrZero, [value]),
  })),
  "1 worker",
  { warmUpMs: 1000 },
);
const [first] = rounds;
for (const { name, medians } of rounds) {
  const ratio = medianOf(medians.map((ns, round) => (first?.medians[round] ?? NaN) / ns));
  console.log(
    `${name.padEnd(36)} ${(medianOf(medians) / 1000).toFixed(2)} us  ${ratio.toFixed(2)} x`,
  );
}
process.exit();
