/**
 * Gives hostile bytes to every part that reads the bytes of a worker: the decoder, result rings, and the
 * parent that collects results.
 *
 *     bun run fuzz [--seconds 60] [--seed N] [--target decoder]
 *
 * The seed of each execution is one more than the seed before it. A finding prints its seed; the same
 * command with that seed begins with the same execution. Prints the number of executions, the slowest one,
 * and the largest resident size. Exits with 1 when something forbidden happened: bytes may give only a value
 * or a PayloadError.
 */
import { parseArgs } from "node:util";
import { FUZZ_TARGETS, execute } from "../test/fuzz/fuzz-targets.ts";
import type { FuzzTarget } from "../test/fuzz/fuzz-target.ts";

/** The number of executions between two reads of the clock and the memory. */
const BATCH = 50;
/** Inputs have at most 64 KB. When one takes longer than this, its time has no bound. */
const SLOW_MS = 500;
/** Megabytes above the size of the process at the start. */
const MOST_GROWTH_MB = 1500;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    target: { type: "string" },
  },
});
const seconds = Number(values.seconds);
const firstSeed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const targets = FUZZ_TARGETS.filter(({ name }) => (values.target ?? name) === name);
if (targets.length === 0 || !(seconds >= 0) || !Number.isSafeInteger(firstSeed)) {
  const names = FUZZ_TARGETS.map(({ name }) => name).join(", ");
  console.error(`Give --seconds and --seed as numbers, and as --target one of ${names}.`);
  process.exit(2);
}

let findings = 0;
for (const target of targets) findings += fuzz(target, (seconds * 1000) / targets.length);
process.exit(findings === 0 ? 0 : 1);

/** Runs the fuzzer. Returns the number of findings. */
function fuzz(target: FuzzTarget, forMs: number): number {
  const { name } = target;
  const startMb = residentMb();
  const end = performance.now() + forMs;
  let seed = firstSeed;
  let found = 0;
  let slowest = { ms: 0, seed };
  let peakMb = startMb;
  do {
    for (let left = BATCH; left > 0; left--, seed++) {
      const { ms, error } = timed(target, seed);
      if (error !== undefined) {
        found += 1;
        console.error(`${name}: a finding; bun run fuzz --target ${name} --seed ${seed}\n`, error);
      }
      if (ms > slowest.ms) slowest = { ms, seed };
    }
    peakMb = Math.max(peakMb, residentMb());
  } while (performance.now() < end);

  // Measure again, because another program may have kept the machine busy.
  if (slowest.ms > SLOW_MS && timed(target, slowest.seed).ms > SLOW_MS) {
    found += 1;
    console.error(`${name}: too slow; bun run fuzz --target ${name} --seed ${slowest.seed}`);
  }
  if (peakMb - startMb > MOST_GROWTH_MB) {
    found += 1;
    console.error(`${name}: too much memory; growth=${(peakMb - startMb).toFixed(0)} MB`);
  }
  console.log(
    `${name}: ${seed - firstSeed} executions from --seed ${firstSeed}, ${found} findings; ` +
      `slowest ${slowest.ms.toFixed(0)} ms (--seed ${slowest.seed}), ` +
      `resident ${startMb.toFixed(0)} MB at first, ${peakMb.toFixed(0)} MB at most`,
  );
  return found;
}

function timed(target: FuzzTarget, seed: number): { ms: number; error: unknown } {
  const before = performance.now();
  let error: unknown;
  try {
    execute(target, seed);
  } catch (thrown) {
    error = thrown;
  }
  return { ms: performance.now() - before, error };
}

function residentMb(): number {
  return process.memoryUsage.rss() / 1e6;
}
