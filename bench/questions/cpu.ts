/** Measures the CPU time of a request, on all threads together. */
import { POST_MESSAGE, RINGPOOL } from "../burst.ts";
import { postMessage } from "../contestants/post-message.ts";
import { ringpool } from "../contestants/ringpool.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { medianOf } from "../interleave.ts";
import { atMost, report } from "../result.ts";

const numbers = Array.from({ length: 1000 }, (_, i) => i);
const ROUNDS = 15;
const ROUND_MS = 200;
const REST_MS = 50;

const name = "2 workers";
const { started, failures } = await startAll([ringpool, postMessage], 2, name);
const us = new Map(started.map(({ name: who }) => [who, [] as number[]]));
for (let round = -3; round < ROUNDS; round++) {
  for (const { name: who, pool } of started) {
    const before = process.cpuUsage();
    let requests = 0;
    for (
      const end = performance.now() + ROUND_MS;
      performance.now() < end;
      requests += numbers.length
    )
      await Promise.all(numbers.map((n) => pool.run("echo", n)));
    // The CPU time until the workers sleep again is a part of the cost.
    await Bun.sleep(REST_MS);
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) us.get(who)?.push((user + system) / requests);
  }
}
await stopAll(started);
const figures = [...us].map(([contestant, values]) => ({
  contestant,
  median: medianOf(values),
  from: Math.min(...values),
  to: Math.max(...values),
}));
const ours = us.get(RINGPOOL) ?? [];
const theirs = us.get(POST_MESSAGE) ?? [];
await report({
  name: "cpu",
  title: "CPU a request in bursts of 1,000 numbers, all threads together",
  cases: [{ name, unit: "us a request", figures }],
  failures,
  targets: [
    atMost(
      "As a share of postMessage's: under 0.33",
      medianOf(ours.map((value, i) => value / (theirs[i] ?? NaN))),
      0.33,
    ),
  ],
});
process.exit();
