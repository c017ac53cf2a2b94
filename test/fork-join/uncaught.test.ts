/** Children whose worker is ended by an error that nothing catches: whose error it is, and what their parents see. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool, WorkerDied } from "../../src/index.ts";
import * as uncaught from "./fixtures/uncaught.ts";

setDefaultTimeout(60_000);

function memory(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(128));
}

/** The numbers of the workers, and what the pool says of the death of one. */
interface Scene {
  readonly pool: ThreadPool;
  readonly ids: readonly number[];
  readonly deaths: WorkerDied[];
}

async function scene(pool: ThreadPool): Promise<Scene> {
  await pool.ready();
  const deaths: WorkerDied[] = [];
  pool.on("workerDied", (_worker, error) => deaths.push(error));
  return { pool, ids: pool.workers.map(({ id }) => id), deaths };
}

const HOWS = ["timer", "rejection", "microtask", "listener"] as const;
const WAYS = ["run", "map", "mapSync", "runSync", "parallelFor"] as const;

describe.each(HOWS)("an error of a stranger, by %s, that ends the worker", (how) => {
  test.each(WAYS)("fails the children of others there with WorkerDied: %s", async (way) => {
    await using pool = new ThreadPool(2);
    const { ids, deaths } = await scene(pool);
    const shared = memory();
    await pool.broadcast(uncaught.leaveBehind, [shared, how]);
    const seen = (await pool.run(uncaught.seesStruck, [way, shared])) as uncaught.Seen;
    expect(seen).toMatchObject({
      name: "WorkerDied",
      exitCode: 1,
      cause: "RangeError: a stranger's",
    });
    expect(seen.message).toMatch(/^The worker ended that had taken this child; .*workerId=\d+$/);
    const workerId = seen.workerId as number;
    expect(ids).toContain(workerId);
    expect(shared[1]).toBe(workerId);
    while (deaths.length === 0) await Bun.sleep(1);
    expect(deaths.map(({ cause }) => String(cause))).toEqual(["RangeError: a stranger's"]);
    // The figures of a worker are told when its tree has ended, which is after the outcome.
    while (pool.stats().children.failed === 0) await Bun.sleep(1);
  });
  test("lets a child with retries run again", async () => {
    await using pool = new ThreadPool(2);
    await scene(pool);
    const shared = memory();
    await pool.broadcast(uncaught.leaveBehind, [shared, how]);
    const results = await pool.run(uncaught.seesStruck, ["retries", shared]);
    expect(new Set(results as number[])).toEqual(new Set([0, 2]));
  });
});

describe.each(["timer", "listener"] as const)("an error of the child's own code, by %s,", (how) => {
  test.each(WAYS)("fails it with that error: %s", async (way) => {
    await using pool = new ThreadPool(2);
    await scene(pool);
    const seen = await pool.run(uncaught.seesStruck, [way, memory(), how]);
    expect(seen).toMatchObject({ name: "RangeError", message: "its own", cause: undefined });
  });
  test("is no reason to run again", async () => {
    await using pool = new ThreadPool(2);
    await scene(pool);
    const seen = await pool.run(uncaught.seesStruck, ["retries", memory(), how]);
    expect(seen).toMatchObject({ name: "RangeError", message: "its own" });
  });
});

test("an error of what the child's own child has left behind fails it with that error", async () => {
  await using pool = new ThreadPool(2);
  await scene(pool);
  const seen = await pool.run(uncaught.seesStruckByItsChild, [memory()]);
  expect(seen).toMatchObject({ name: "RangeError", message: "left by its child" });
});

describe.each(["rejection", "microtask"] as const)(
  "an error that tells no owner, by %s,",
  (how) => {
    test("is the death of the worker, also when it is the child's own", async () => {
      await using pool = new ThreadPool(2);
      await scene(pool);
      const seen = await pool.run(uncaught.seesStruck, ["run", memory(), how]);
      expect(seen).toMatchObject({
        name: "WorkerDied",
        exitCode: 1,
        cause: "RangeError: its own",
      });
    });
    test("lets the child run again with retries", async () => {
      await using pool = new ThreadPool(2);
      await scene(pool);
      const results = await pool.run(uncaught.seesStruck, ["retries", memory(), how]);
      expect(new Set(results as number[])).toEqual(new Set([0, 2]));
    });
  },
);

test("scopes are left as by any failure", async () => {
  await using pool = new ThreadPool(2);
  await scene(pool);
  const shared = memory();
  await pool.broadcast(uncaught.leaveBehind, [shared, "timer"]);
  const [last, seen, disposed] = (await pool.run(uncaught.scopesOfStruck, [shared])) as unknown[];
  expect(last).toBe("TypeError: while it is left");
  expect(seen).toMatchObject({ name: "WorkerDied", cause: "RangeError: a stranger's" });
  expect(disposed).toBe(1);
});

describe("a thread that has a run of its own, and helps meanwhile,", () => {
  test.each([
    ["request", 2],
    ["child", 1],
  ] as const)("fails the child by the rule when the error is that of the %s", async (who, code) => {
    await using pool = new ThreadPool(2, { graceMs: 30_000 });
    await scene(pool);
    const shared = memory();
    const error: unknown = await pool
      .run(uncaught.strikesHelper, [shared, who])
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkerDied);
    expect(String((error as WorkerDied).cause)).toBe(`RangeError: the ${who}'s`);
    while (Atomics.load(shared, 3) === 0) await Bun.sleep(1);
    expect(shared[3]).toBe(code);
  });
});

test("a child whose worker has called process.exit is told the code and the place", async () => {
  await using pool = new ThreadPool(2);
  const { ids } = await scene(pool);
  const seen = (await pool.run(uncaught.seesExit, [memory()])) as uncaught.Seen;
  expect(seen).toMatchObject({ name: "WorkerDied", exitCode: 7 });
  expect(seen.cause).toMatch(/called process\.exit\(7\).*uncaught\.ts:\d+/);
  expect(ids).toContain(seen.workerId as number);
});

test("a child that had not begun there runs in the worker of its parent", async () => {
  await using pool = new ThreadPool(2);
  const { deaths } = await scene(pool);
  const shared = memory();
  pool.on("workerDied", () => Atomics.store(shared, 1, 1));
  const { sum, rounds } = await pool.run(uncaught.loadsBadlyElsewhere, [shared]);
  expect(sum).toBe(12 * rounds);
  expect(String(deaths[0]?.cause)).toBe("RangeError: while it was loaded");
});

test("in an inline pool the error is that of the program, and no child fails", () => {
  const { stdout } = Bun.spawnSync({
    cmd: [process.execPath, new URL("fixtures/inline-uncaught.ts", import.meta.url).pathname],
  });
  expect(JSON.parse(stdout.toString())).toEqual({
    results: [1, 2, 3],
    handled: [1, 2, 3].flatMap((n) => [`of child ${n}`, `rejected by child ${n}`]).toSorted(),
  });
});
