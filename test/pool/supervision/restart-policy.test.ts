/** Workers that end before they are ready for requests, or never become ready. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cp, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PoolClosed, ThreadPool, WorkerDied } from "../../../src/index.ts";
import { exitInInitializer, exitSoManyTimes, serve } from "../fixtures/worker-callables.ts";
import { rejection } from "../rejection.ts";
import { SCRIPT_TEST_MS, reportOf } from "../script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const root = join(import.meta.dir, "../../..");

let folder = "";

/** A copy of the package, to be damaged. */
async function copy(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), "ringpool loading "));
  for (const part of ["src", "native-queue"]) {
    await cp(join(root, part), join(place, part), { recursive: true });
  }
  return place;
}

beforeAll(async () => {
  folder = await copy();
});

afterAll(() => rm(folder, { recursive: true }));

describe("workers that end before they are ready", () => {
  test("are started again, until they are", async () => {
    const left = new Int32Array(new SharedArrayBuffer(4));
    left[0] = 3;
    await using pool = new ThreadPool(1, { initializer: exitSoManyTimes, initargs: [left] });
    expect((await pool.run(serve)).served).toBe(1);
    expect(pool.workers).toHaveLength(1);
  });

  test("are started again while the parent blocks", () => {
    const left = new Int32Array(new SharedArrayBuffer(4));
    left[0] = 3;
    using pool = new ThreadPool(2, { initializer: exitSoManyTimes, initargs: [left] });
    expect(pool.runSync(serve).served).toBe(1);
  });

  test("again and again close the pool, with the reason", async () => {
    const pool = new ThreadPool(2, { initializer: exitInInitializer, initargs: [7] });
    const error = (await rejection(pool.run(serve))) as Error;
    expect(error).toBeInstanceOf(PoolClosed);
    expect(error.cause).toBeInstanceOf(WorkerDied);
    expect(error.cause).toMatchObject({ exitCode: 7 });
    expect(await rejection(pool.run(serve))).toBeInstanceOf(PoolClosed);
  });

  test("again and again close the pool of a parent that blocks", () => {
    const pool = new ThreadPool(2, { initializer: exitInInitializer, initargs: [7] });
    expect(() => pool.runSync(serve)).toThrow(PoolClosed);
  });

  test("may be dismissed before they are started again", async () => {
    const pool = new ThreadPool(1, { initializer: exitInInitializer, initargs: [7] });
    const died = Promise.withResolvers<void>();
    pool.once("workerDied", () => died.resolve());
    const served = pool.run(serve);
    await died.promise;
    pool.dismissWorkers(1);
    expect(pool.workers).toEqual([]);
    const closed = pool.close();
    expect(await rejection(served)).toBeInstanceOf(PoolClosed);
    await closed;
  });
});

describe("a worker whose code cannot be loaded", () => {
  beforeAll(() => rm(join(folder, "src/worker/inbox.ts")));

  test.each(["turning", "blocking"])(
    "closes the pool of a parent that is %s, with the reason",
    async (way) => {
      expect(await reportOf("loading.ts", folder, way)).toEqual({
        name: "PoolClosed",
        causeName: "WorkerDied",
        reason: expect.stringContaining("inbox.ts") as string,
      });
    },
  );
});

test("a worker whose thread comes to a halt before it runs is replaced, while the parent blocks", async () => {
  const place = await copy();
  const halted = JSON.stringify(join(place, "halted"));
  await rename(join(place, "src/worker/main.ts"), join(place, "src/worker/real-main.ts"));
  await writeFile(
    join(place, "src/worker/main.ts"),
    `import "./halt-once.ts";
     import "./real-main.ts";`,
  );
  await writeFile(
    join(place, "src/worker/halt-once.ts"),
    `import { existsSync, writeFileSync } from "node:fs";
     if (!existsSync(${halted})) {
       writeFileSync(${halted}, "");
       for (;;);
     }`,
  );
  expect(await reportOf("loading.ts", place, "stuck")).toEqual({ result: 42 });
  await rm(place, { recursive: true });
});
