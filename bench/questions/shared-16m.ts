/** Measures a shared buffer of 16 MB against a number. */
import { ThreadPool } from "../../src/index.ts";
import { POST_MESSAGE, RINGPOOL } from "../burst.ts";
import { PostMessagePool } from "../contestants/post-message-pool.ts";
import { first } from "../contestants/tasks.ts";
import { figureOf, interleave, timesAsFast } from "../interleave.ts";
import { atLeast, report } from "../result.ts";

const WITH_NUMBER = "ringpool, a number";

const name = "16 MiB, 1 worker";
const pool = new ThreadPool(1);
const byHand = new PostMessagePool(1);
const shared = new Uint8Array(new SharedArrayBuffer(1 << 24));

const { rounds, failures } = await interleave(
  [
    { name: RINGPOOL, sample: () => pool.run(first, [shared]) },
    { name: WITH_NUMBER, sample: () => pool.run(first, [7]) },
    { name: POST_MESSAGE, sample: () => byHand.run("first", [shared]) },
  ],
  name,
);
await report({
  name: "shared-16m",
  title: "A shared buffer of 16 MB given to a worker",
  cases: [{ name, unit: "us", figures: rounds.map((one) => figureOf(one, 1000, [50, 90, 99])) }],
  failures,
  targets: [
    atLeast(
      "As fast as a number: at least 0.9 times",
      timesAsFast(rounds, RINGPOOL, WITH_NUMBER),
      0.9,
    ),
  ],
});
process.exit();
