/**
 * Payloads that are too large for the tests: a gigabyte to a worker and back, and a thousand requests, put
 * together, whose results have 10 MB each. Checks every byte of the gigabyte and both ends of each result, and
 * prints times and memory.
 *
 *     bun run large
 *
 * Exits with 1 when something is wrong or memory is not given back, with 2 when the machine has too little memory.
 */
import { freemem } from "node:os";
import { ThreadPool, makeRequests } from "../src/index.ts";
import { bytesOf, echo } from "../test/pool/fixtures/tasks.ts";

const GIGABYTE = 1 << 30;
/** Room for the original, its copy in shared memory, the copies in the worker and back, and the garbage collector. */
const NEEDED_BYTES = 6 * GIGABYTE;
const RESULTS = 1000;
const RESULT_BYTES = 10_000_000;
const MOST_LEFT_MB = 300;

if (freemem() < NEEDED_BYTES) {
  console.error(`This needs 6 GB of free memory: free=${(freemem() / 1e9).toFixed(1)} GB`);
  process.exit(2);
}

const pool = new ThreadPool(2);
await pool.run(echo, [0]);
const before = residentMb();
const isGood = [
  await measured("a gigabyte there and back", echoGigabyte),
  await measured(`${RESULTS} results of 10 MB`, async () => takeResults()),
];
await pool.close();
const leftMb = residentMb() - before;
console.log(`left behind: ${leftMb.toFixed(0)} MB`);
process.exit(isGood.every(Boolean) && leftMb < MOST_LEFT_MB ? 0 : 1);

async function measured(what: string, work: () => Promise<boolean>): Promise<boolean> {
  const start = performance.now();
  const isRight = await work();
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${what}: ${isRight ? "right" : "WRONG"}, ${seconds.toFixed(2)} s, resident ${residentMb().toFixed(0)} MB`,
  );
  return isRight;
}

async function echoGigabyte(): Promise<boolean> {
  const bytes = new Uint8Array(GIGABYTE);
  for (let at = 0; at < GIGABYTE; at += 4093) bytes[at] = at;
  const received = await pool.run(echo<Uint8Array>, [bytes]);
  return Buffer.compare(received, bytes) === 0;
}

/** Puts all requests before the first result is read. Drops each result after it was checked. */
function takeResults(): boolean {
  let right = 0;
  const items = Array.from({ length: RESULTS }, (_, i) => [[RESULT_BYTES, i & 0xff], {}] as const);
  const requests = makeRequests(bytesOf, items, ({ args }, bytes) => {
    if (bytes.length === RESULT_BYTES && bytes[0] === args[1] && bytes.at(-1) === args[1]) right++;
  });
  for (const request of requests) pool.putRequest(request);
  pool.wait();
  return right === RESULTS;
}

function residentMb(): number {
  Bun.gc(true);
  return process.memoryUsage.rss() / 1e6;
}
