/** Measures from which size of a task two workers are faster than a plain loop. */
import { ThreadPool, makeRequests } from "../../src/index.ts";
import { POST_MESSAGE, RINGPOOL } from "../burst.ts";
import { PostMessagePool } from "../contestants/post-message-pool.ts";
import { burn } from "../contestants/tasks.ts";
import { figureOf, interleave } from "../interleave.ts";
import type { Rounds } from "../interleave.ts";
import { atLeast, report } from "../result.ts";
import type { Case, Target } from "../result.ts";

const PLAIN = "plain loop";
/** The limit: each worker gets one task that holds its whole share of the work, so only the cores matter. */
const SHARES = "a share a worker";
const CALLBACKS = "ringpool, callbacks";
const WORKERS = 2;
const GRAINS = [
  { name: "1 us", us: 1, tasks: 2000, limit: 0.9 },
  { name: "10 us", us: 10, tasks: 1000, limit: 1.5 },
  { name: "100 us", us: 100, tasks: 200, limit: 1.85 },
  { name: "1 ms", us: 1000, tasks: 40, limit: 1.9 },
];

const pool = new ThreadPool(WORKERS);
const byHand = new PostMessagePool(WORKERS);
let sum = 0;
const add = (_: unknown, result: number): void => {
  sum ^= result;
};

const cases: Case[] = [];
const targets: Target[] = [];
for (const { name, us, tasks, limit } of GRAINS) {
  const items = Array.from({ length: tasks }, () => us);
  const { rounds } = await interleave(
    [
      { name: RINGPOOL, sample: () => Promise.all(items.map((item) => pool.run(burn, [item]))) },
      {
        name: CALLBACKS,
        sample: () => {
          for (const request of makeRequests(burn, items, add)) pool.putRequest(request);
          pool.wait();
        },
      },
      {
        name: POST_MESSAGE,
        sample: () => Promise.all(items.map((item) => byHand.run("burn", [item]))),
      },
      {
        name: SHARES,
        sample: () =>
          Promise.all(
            Array.from({ length: WORKERS }, () => byHand.run("burnTimes", [us, tasks / WORKERS])),
          ),
      },
      {
        name: PLAIN,
        sample: () => {
          for (const item of items) sum ^= burn(item);
        },
      },
    ],
    name,
  );
  const plain = rounds.find((one) => one.name === PLAIN) as Rounds;
  const figures = rounds
    .filter((one) => one !== plain)
    .map((one) => figureOf({ ...one, medians: speedUps(one, plain) }, 1));
  cases.push({ name, unit: "x a plain loop", figures });
  targets.push(
    atLeast(`Speed-up, tasks of ${name}: at least ${limit}`, figures[0]?.median ?? NaN, limit),
  );
}
if (sum === 0.5) throw new Error("Nothing was computed.");
await report({
  name: "grain",
  title: "Two workers against a plain loop, by the size of a task",
  cases,
  failures: [],
  targets,
});
process.exit();

function speedUps(own: Rounds, plain: Rounds): number[] {
  return own.medians.map((ns, round) => (plain.medians[round] ?? NaN) / ns);
}
