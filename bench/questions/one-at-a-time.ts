/** Measures one awaited request when requests follow each other. */
import { POST_MESSAGE, RINGPOOL } from "../burst.ts";
import { peers } from "../contestants/index.ts";
import { ringpool } from "../contestants/ringpool.ts";
import { startAll, stopAll } from "../contestants/start.ts";
import { figureOf, interleave, timesAsFast } from "../interleave.ts";
import { atLeast, report } from "../result.ts";

/** The best p50 of knitting against that of postMessage in the same run, measured for docs/performance.md. */
const KNITTING_TIMES_POST_MESSAGE = 11 / 2.1;

const name = "1 worker";
const { started, failures } = await startAll([ringpool, ...peers], 1, name);
const measured = await interleave(
  started.map(({ name: contestant, pool }) => ({
    name: contestant,
    sample: () => pool.run("echo", 42),
  })),
  name,
);
await stopAll(started);

await report({
  name: "one-at-a-time",
  title: "One awaited request after the other",
  cases: [
    {
      name,
      unit: "us",
      figures: measured.rounds.map((rounds) => figureOf(rounds, 1000, [50, 90, 99, 99.9])),
    },
  ],
  failures: [...failures, ...measured.failures],
  targets: [
    atLeast(
      "Times postMessage: at least knitting's 5.2",
      timesAsFast(measured.rounds, RINGPOOL, POST_MESSAGE),
      KNITTING_TIMES_POST_MESSAGE,
    ),
  ],
});
process.exit();
