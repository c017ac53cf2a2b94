/** What the program passes to a pool is held no longer than the pool needs it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool, WorkRequest, makeRequests } from "../../src/index.ts";
import { add, collectArguments, echo } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";
import { turn } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

type Use = (pool: ThreadPool, held: <T extends object>(object: T) => T) => unknown;

const uses: readonly [string, Use][] = [
  [
    "the options of a request that is put",
    async (pool, held) => {
      pool.putRequest(new WorkRequest(add, [1, 2], {}, held({ callback: () => {} })));
      await pool.settled();
    },
  ],
  [
    "the options of a request that is only made",
    (_, held) => {
      void new WorkRequest(add, [1, 2], {}, held({ callback: () => {} }));
    },
  ],
  [
    "what a callback closes over",
    (pool, held) => {
      const closedOver = held({});
      for (const request of makeRequests(echo<number>, [1], () => void closedOver))
        pool.putRequest(request);
      pool.wait();
    },
  ],
  [
    "the options of run",
    async (pool, held) => {
      const closedOver = held({});
      const onProgress = (): void => void closedOver;
      await pool.run(add, [1, 2], held({ onProgress, timeoutMs: 60_000 }));
    },
  ],
  [
    "options that are refused",
    async (pool, held) => {
      await rejection(pool.run(add, [1, 2], held({ priority: NaN })));
    },
  ],
  ["an argument", (pool, held) => pool.run(echo<object>, [held({ a: [1] })])],
  ["a buffer", (pool, held) => pool.run(echo<object>, [held(new ArrayBuffer(100))])],
  [
    "a typed array",
    (pool, held) => void pool.runSync(echo<object>, [held(new Uint8Array(100_000))]),
  ],
  ["a Blob", (pool, held) => pool.run((blob: Blob) => blob.size, [held(new Blob(["x"]))])],
  [
    "an argument that is refused",
    async (pool, held) => {
      await rejection(pool.run(collectArguments, [held(new ArrayBuffer(8)), () => {}]));
    },
  ],
  ["a result", async (pool, held) => void held(await pool.run(echo<object>, [{}]))],
];

/** Writes over what earlier calls have left on the stack: the collector takes it for references. */
function overwriteStack(depth: number): number {
  return depth === 0 ? 0 : 1 + overwriteStack(depth - 1);
}

/** Whether an object is still there after another request, whose arguments need no encoder, and garbage collections. */
async function isHeldAfter(pool: ThreadPool, use: Use): Promise<boolean> {
  const refs: WeakRef<object>[] = [];
  await use(pool, (object) => {
    refs.push(new WeakRef(object));
    return object;
  });
  await pool.run(add, [1, 2]);
  for (let round = 0; round < 3; round++) {
    // The target of a WeakRef lives until the end of the job that has read it.
    await turn();
    overwriteStack(1000);
    Bun.gc(true);
  }
  return refs.some((ref) => ref.deref() !== undefined);
}

test.each(uses)("%s", async (_, use) => {
  await using pool = new ThreadPool(1);
  const ROUNDS = 12;
  let held = 0;
  for (let round = 0; round < ROUNDS; round++) if (await isHeldAfter(pool, use)) held += 1;
  // The collector takes what looks like a pointer on the stack for one, so a few rounds may be wrong.
  expect(held).toBeLessThan(ROUNDS / 2);
});
