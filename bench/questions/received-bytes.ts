/** Measures results that are byte arrays, by their size: a worker makes each, and the program receives it. */
import { SIZES, sizeLabel } from "../bytes.ts";
import { firstRivals } from "../contestants/index.ts";
import { FLAT } from "../contestants/names.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import type { Started } from "../contestants/start.ts";
import { interleave } from "../interleave.ts";
import { caseOf } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Failure } from "../result.ts";
import { inFull } from "../settings.ts";

const TASK = "bytesOf";
/** So many bytes are on their way at once, where the arrays are smaller. */
const BYTES_IN_FLIGHT = 3 << 20;
const MOST_ARRAYS = 200;

const cases: Case[] = [];
const failures: Failure[] = [];
for (const bytes of inFull(SIZES, SIZES.slice(0, 3))) {
  const name = `${sizeLabel(bytes)}, received`;
  const arrays = Math.max(1, Math.min(MOST_ARRAYS, Math.floor(BYTES_IN_FLIGHT / bytes)));
  const { started, failures: failed } = await startAll(firstRivals, 1, name, TASK);
  const sampleOf = ({ pool }: Started) => {
    const sizes = Array.from({ length: arrays }, () => bytes);
    return () => Promise.all(sizes.map((size) => pool.run(TASK, size)));
  };
  const measured = await interleave(
    started.map((one) => ({ name: one.name, sample: sampleOf(one) })),
    name,
    { warmUpMs: 500 },
  );
  await stopAll(started);
  cases.push(caseOf(name, "us an array", measured.rounds, { perUnit: 1000 * arrays, rival: FLAT }));
  failures.push(...failed, ...measured.failures);
}
await report({
  name: "received-bytes",
  title: "Byte arrays that a worker makes, by their size, received",
  cases,
  failures,
});
process.exit();
