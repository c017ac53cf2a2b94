/**
 * Runs a pool for a long time.
 *
 *     bun run soak [--requests 10000000] [--workers 2]
 *     bun run soak --minutes 10 [--seed 1] [--workers 4]
 *
 * With `--requests`: puts millions of requests through one pool and prints the heap and the resident size from
 * time to time. After the first million both must stay the same. The values are numbers, strings, small objects
 * and byte arrays of 64 KB that go through the arena, by promises and by callbacks in turn. Checks each result.
 *
 * With `--minutes`: runs the storm of `test/storm`, which kills workers all the time. Without `--seed` each run
 * has another seed.
 *
 * Exits with 1 when a result is wrong, something is lost, or memory has grown.
 */
import { parseArgs } from "node:util";
import { Storm } from "../test/storm/storm.ts";
import type { StormProgress } from "../test/storm/storm.ts";
import { memory } from "./leaks/figures.ts";
import type { Memory } from "./leaks/figures.ts";
import { CalmLoad } from "./soak/calm-load.ts";

const REQUESTS_PER_LINE = 500_000;
/** The resident size may grow by this much after the first tenth, because the engine's own size varies. */
const MOST_GROWTH_MB = 32;
const SECONDS_PER_LINE = 10;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "10000000" },
    minutes: { type: "string" },
    seed: { type: "string" },
    workers: { type: "string" },
  },
});
const isGood =
  values.minutes === undefined
    ? await soakInCalm(Number(values.requests), Number(values.workers ?? 2))
    : await soakInStorm(Number(values.minutes), Number(values.workers ?? 4));
process.exit(isGood ? 0 : 1);

/** Puts `requests` requests. Returns true when every result was right and memory has not grown. */
async function soakInCalm(requests: number, workers: number): Promise<boolean> {
  const load = new CalmLoad(workers);
  let baseline = memory();
  for (let done = 0; done < requests;) {
    const next = Math.min(REQUESTS_PER_LINE, requests - done);
    await load.more(next);
    done += next;
    const seen = memory();
    if (done <= Math.max(REQUESTS_PER_LINE, requests / 10)) baseline = seen;
    console.log(`${done.toLocaleString("en")} requests: ${inWords(seen)}`);
  }
  const { wrong } = load;
  const { pending, put, succeeded } = load.end();

  const grownMb = memory().residentMb - baseline.residentMb;
  console.log(
    `put ${put}, succeeded ${succeeded}, pending ${pending}, wrong ${wrong}; resident size ${grownMb.toFixed(1)} MB above the first tenth`,
  );
  return wrong === 0 && pending === 0 && succeeded === put && grownMb < MOST_GROWTH_MB;
}

/** Runs a storm. Returns true when nothing was wrong. */
async function soakInStorm(minutes: number, workers: number): Promise<boolean> {
  const seed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  console.log(`A storm of ${minutes} minutes: --seed ${seed} --workers ${workers}`);
  let lineAt = 0;
  const onProgress = ({ seconds, settled, kills, memory: seen }: StormProgress): void => {
    if (seconds < lineAt) return;
    lineAt = seconds + SECONDS_PER_LINE;
    console.log(
      `${seconds.toFixed(0)} s: ${settled} requests settled; kills: terminate ${kills.terminate}, ` +
        `exit ${kills.exit}, uncaught ${kills.uncaught}; ${inWords(seen)}`,
    );
  };
  const report = await new Storm({ seed, workers, durationMs: minutes * 60_000, onProgress }).run();
  console.log(report);
  return report.violations.length === 0;
}

function inWords({ heapMb, residentMb }: Omit<Memory, "buffersMb">): string {
  return `heap ${heapMb.toFixed(1)} MB, resident ${residentMb.toFixed(0)} MB`;
}
