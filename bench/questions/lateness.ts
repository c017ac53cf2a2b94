/** Measures how long after the end of a long task its result arrives. */
import { ThreadPool } from "../../src/index.ts";
import { POST_MESSAGE, RINGPOOL } from "../burst.ts";
import { PostMessagePool } from "../contestants/post-message-pool.ts";
import { burnAndTellTheTime } from "../contestants/tasks.ts";
import { percentilesOf } from "../interleave.ts";
import { atMost, report } from "../result.ts";

const TASK_US = 150_000;
const CALLS = 40;
/** Short calls at first, so that the engine has compiled both ways on which a result arrives. */
const WARM_UP_CALLS = 20_000;

const pool = new ThreadPool(1);
const byHand = new PostMessagePool(1);
const calls = [
  {
    contestant: RINGPOOL,
    call: (us: number) => pool.run(burnAndTellTheTime, [us]),
    us: [] as number[],
  },
  {
    contestant: POST_MESSAGE,
    call: (us: number) => byHand.run("burnAndTellTheTime", [us]) as Promise<number>,
    us: [] as number[],
  },
];
for (const { call } of calls) for (let i = 0; i < WARM_UP_CALLS; i++) await call(0);
for (let i = 0; i < CALLS; i++) {
  for (const { call, us } of calls) {
    const endedAt = await call(TASK_US);
    us.push((performance.timeOrigin + performance.now() - endedAt) * 1000);
  }
}
const figures = calls.map(({ contestant, us }) => percentilesOf(contestant, us, [50, 90, 99]));
await report({
  name: "lateness",
  title: "From the end of a task of 150 ms to its result",
  cases: [{ name: "1 worker", unit: "us", figures }],
  failures: [],
  targets: [atMost("p50 in ms: under 0.3", (figures[0]?.median ?? NaN) / 1000, 0.3)],
});
process.exit();
