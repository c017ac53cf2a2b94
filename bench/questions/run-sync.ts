/** Measures one blocking call when calls follow each other. */
import { ThreadPool } from "../../src/index.ts";
import { POST_MESSAGE, RINGPOOL } from "../burst.ts";
import { PostMessagePool } from "../contestants/post-message-pool.ts";
import { startSynckit } from "../contestants/synckit.ts";
import { echo } from "../contestants/tasks.ts";
import { figureOf, interleave, timesAsFast } from "../interleave.ts";
import { atLeast, atMost, report } from "../result.ts";
import type { Case, Target } from "../result.ts";

const SYNCKIT = "synckit";
const synckit = startSynckit();

const cases: Case[] = [];
const targets: Target[] = [];
for (const workers of [1, 2]) {
  const name = workers === 1 ? "1 worker" : `${workers} workers`;
  const pool = new ThreadPool(workers);
  const byHand = new PostMessagePool(workers);
  const { rounds } = await interleave(
    [
      { name: RINGPOOL, sample: () => pool.runSync(echo<number>, [42]) },
      { name: SYNCKIT, sample: () => synckit(42) },
      { name: POST_MESSAGE, sample: () => byHand.run("echo", [42]) },
    ],
    name,
  );
  pool.terminate();
  byHand.terminate();
  const figures = rounds.map((one) => figureOf(one, 1000, [50, 90, 99, 99.9]));
  cases.push({ name, unit: "us", figures });
  targets.push(
    atMost(`p50 in us, ${name}: at most 1`, figures[0]?.median ?? NaN, 1),
    atLeast(`Times synckit, ${name}: at least 20`, timesAsFast(rounds, RINGPOOL, SYNCKIT), 20),
  );
}
await report({
  name: "run-sync",
  title: "One blocking call after the other (postMessage cannot block: awaited)",
  cases,
  failures: [],
  targets,
});
process.exit();
