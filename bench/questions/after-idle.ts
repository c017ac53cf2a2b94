/** Measures how long a request takes after 20 ms without requests. */
import { ThreadPool } from "../../src/index.ts";
import { POST_MESSAGE, RINGPOOL } from "../burst.ts";
import { PostMessagePool } from "../contestants/post-message-pool.ts";
import { echo } from "../contestants/tasks.ts";
import { percentilesOf } from "../interleave.ts";
import { atMost, report } from "../result.ts";

const IDLE_MS = 20;
const CALLS = 300;
/** Enough calls for the engine to compile the code of a call. */
const WARM_UP_CALLS = 10_000;

const pool = new ThreadPool(1);
const byHand = new PostMessagePool(1);
const calls = [
  { contestant: RINGPOOL, call: () => pool.run(echo<number>, [1]), us: [] as number[] },
  { contestant: POST_MESSAGE, call: () => byHand.run("echo", [1]), us: [] as number[] },
];
for (const { call } of calls) for (let i = 0; i < WARM_UP_CALLS; i++) await call();
for (let i = 0; i < CALLS; i++) {
  for (const { call, us } of calls) {
    await Bun.sleep(IDLE_MS);
    const start = performance.now();
    await call();
    us.push((performance.now() - start) * 1000);
  }
}
const figures = calls.map(({ contestant, us }) => percentilesOf(contestant, us, [50, 90, 99]));
await report({
  name: "after-idle",
  title: "One awaited request after 20 ms of idleness",
  cases: [{ name: "1 worker", unit: "us", figures }],
  failures: [],
  targets: [
    atMost(
      "p50 as a multiple of a bare postMessage round trip: at most 1.2",
      (figures[0]?.median ?? NaN) / (figures[1]?.median ?? NaN),
      1.2,
    ),
  ],
});
process.exit();
