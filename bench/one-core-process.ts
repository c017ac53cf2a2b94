/** Started by questions/one-core.ts on a single core. Prints nanoseconds a request as JSON. */
import { ThreadPool } from "../src/index.ts";
import { PostMessagePool } from "./contestants/post-message-pool.ts";
import { echo } from "./contestants/tasks.ts";
import { figureOf, interleave } from "./interleave.ts";

const numbers = Array.from({ length: 1000 }, (_, i) => i);
const pool = new ThreadPool(2);
const byHand = new PostMessagePool(2);
const { rounds } = await interleave(
  [
    {
      name: "ringpool",
      sample: () => Promise.all(numbers.map((n) => pool.run(echo<number>, [n]))),
    },
    { name: "postMessage", sample: () => Promise.all(numbers.map((n) => byHand.run("echo", [n]))) },
  ],
  "one core",
);
const median = Object.fromEntries(
  rounds.map((one) => [one.name, figureOf(one, numbers.length).median]),
);
console.log(JSON.stringify(median));
process.exit();
