/**
 * What a megabyte that is moved to a worker costs, and what one more round trip adds, in turn in one process.
 *
 *     bun run build && bun --tsconfig-override=bench/tsconfig.dist.json bench/limits/moved-megabyte.ts
 *
 * Takes 5 seconds. Prints microseconds a call: median, average, and the slowest hundredth. Only one worker can have the buffer, and which
 * one is known after the claim. So a worker of the pool asks and the program posts, where a bare worker gets the buffer at once. The third
 * contestant asks as well, by messages alone. New memory, which the system clears, and garbage collections are part of all of them.
 */
import { ThreadPool } from "ringpool";
import { lengthOf } from "../contestants/tasks.ts";

const BYTES = 1 << 20;
const CALLS = 5000;
const WARM_UP_CALLS = 500;
const CALLS_IN_TURN = 500;

/** Answers a buffer with its length, and "ask" by asking for the buffer. */
const WORKER = `
  onmessage = ({ data }) => postMessage(data === "ask" ? "which?" : data.byteLength);
`;

const pool = new ThreadPool(1);
const worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" })));

function post(content: unknown, moved: ArrayBuffer[] = []): Promise<unknown> {
  const answer = new Promise((resolve) => {
    worker.addEventListener("message", ({ data }) => resolve(data), { once: true });
  });
  worker.postMessage(content, moved);
  return answer;
}

const WAYS: Readonly<Record<string, (buffer: ArrayBuffer) => Promise<unknown>>> = {
  ringpool: (buffer) => pool.run(lengthOf, [buffer], { transfer: [buffer] }),
  postMessage: (buffer) => post(buffer, [buffer]),
  "postMessage, asked for": async (buffer) => {
    await post("ask");
    return post(buffer, [buffer]);
  },
};

const all = new Map(Object.keys(WAYS).map((name) => [name, [] as number[]]));
for (let i = -WARM_UP_CALLS; i < CALLS; i += CALLS_IN_TURN) {
  for (const [name, way] of Object.entries(WAYS)) {
    for (let call = 0; call < CALLS_IN_TURN; call++) {
      const start = Bun.nanoseconds();
      const length = await way(new ArrayBuffer(BYTES));
      const us = (Bun.nanoseconds() - start) / 1000;
      if (length !== BYTES) throw new Error(`It is not the megabyte: length=${String(length)}`);
      if (i >= 0) all.get(name)?.push(us);
    }
  }
}
for (const [name, us] of all) {
  const sorted = us.toSorted((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.floor(part * us.length)] ?? NaN).toFixed(1);
  const average = us.reduce((sum, one) => sum + one, 0) / us.length;
  console.log(
    `${name.padEnd(24)} median ${at(0.5)} us, average ${average.toFixed(1)}, slowest hundredth ${at(0.99)}`,
  );
}
process.exit();
