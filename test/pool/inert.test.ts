/** A pool that a worker constructs because it loads the module that constructs it: it is inert. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { CallableError, ThreadPool, ThreadPoolError } from "../../src/index.ts";
import { getOne } from "./fixtures/inert/stuck.ts";
import { pool as programsPool } from "./fixtures/inert/pool.ts";
import { isPool, render, use, useLater } from "./fixtures/inert/uses-pool.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const fixture = (name: string): URL => new URL(`fixtures/inert/${name}`, import.meta.url);
const GUARD = "if (import.meta.main)";

describe("a callable whose module imports the program's pool", () => {
  test("runs, and sees a ThreadPool there", async () => {
    await using pool = new ThreadPool(1);
    expect(await programsPool.run(render, [3])).toBe("xxx");
    expect(await pool.run(isPool)).toBe(true);
  });

  const members =
    "run runSync putRequest poll wait settled close terminate createWorkers using stream broadcast ready";
  for (const member of [...members.split(" "), "await using"]) {
    test(`fails with a reason when it uses that pool: ${member}`, async () => {
      await using pool = new ThreadPool(1);
      for (const callable of [use, useLater]) {
        const error = await rejection(pool.run(callable, [member]));
        expect(error).toBeInstanceOf(ThreadPoolError);
        expect(String(error)).toMatch(
          /A callable uses the program's ThreadPool inside a worker.* pool=\S*inert[\\/]pool\.ts:4:\d+$/,
        );
      }
      expect(await pool.run(render, [1])).toBe("x");
      expect(pool.stats().workers[0]?.deaths).toBe(0);
    });
  }

  test("fails with a reason when it is the initializer and uses that pool", async () => {
    expect(await reportOf(fixture("initializer.ts"))).toEqual({
      name: "PoolClosed",
      cause: expect.stringContaining("A callable uses the program's ThreadPool") as string,
    });
  });

  test("fails with a reason, and does not hang, when that module awaits the pool at its top level", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 2 });
    for (let round = 0; round < 2; round++) {
      const error = await rejection(pool.run(getOne));
      expect(error).toBeInstanceOf(CallableError);
      expect(String(error)).toMatch(/its top level.*waits.* at=\S*stuck\.ts:4:\d+ module=/);
    }
    expect(await pool.run(render, [2])).toBe("xx");
  });
});

describe("a main module without a guard", () => {
  test("may await its pool at its top level; exports after that line are named in an error", async () => {
    const { second, third, ...rest } = (await reportOf(fixture("top-level-await.ts"))) as Record<
      string,
      unknown
    >;
    expect(rest).toEqual({ first: 6, deaths: 0 });
    // It is a declaration, so it exists before that line, and what it uses does not.
    expect(second).toMatch(/^ReferenceError: .*before initialization/);
    expect(third).toMatch(/waits there.* at=\S*top-level-await\.ts:8:\d+ export=made$/);
  });

  test("may await a function that awaits its pool", async () => {
    expect(await reportOf(fixture("awaited-main.ts"))).toEqual({ sums: [3, 7], deaths: [0, 0] });
  });

  test("may block at its top level", async () => {
    expect(await reportOf(fixture("blocking-main.ts"))).toEqual({
      results: [2, 4],
      sync: 6,
      deaths: 0,
    });
  });

  test("of CommonJS may block at its top level", async () => {
    expect(await reportOf(fixture("blocking-main.cjs"))).toEqual({ result: 2 });
  });

  for (const way of ["run", "runSync", "callbacks"]) {
    test(`may leave its function main running, and no worker dies of it: ${way}`, async () => {
      expect(await reportOf(fixture("floating-main.ts"), way)).toEqual({
        results: [1, 2, 3],
        isSame: true,
      });
    });
  }

  test("that calls process.exit() in a worker gets an error that says where", async () => {
    const child = Bun.spawn([process.execPath, fixture("exiting-main.ts").pathname, "FILE"], {
      env: { ...process.env, NOT_IN_WORKERS: "yes" },
      stdout: "pipe",
      stderr: "pipe",
    });
    const failure = JSON.parse(await new Response(child.stdout).text()) as Record<string, string>;
    expect(failure).toMatchObject({
      name: "WorkerDied",
      message: expect.stringContaining("ended with exit code 3") as string,
      cause: expect.stringMatching(
        /The main module ran again in a worker.* process\.exit\(3\).*import\.meta\.main.* at=\S*exiting-main\.ts:10:\d+$/,
      ) as string,
    });
  });

  test("that starts a server gets an error that says that its port is the program's", async () => {
    const { code, message, cause } = (await reportOf(fixture("serving-main.ts"))) as Record<
      string,
      string
    >;
    expect(code).toBe("EADDRINUSE");
    for (const text of [message, cause]) {
      expect(text).toContain("It starts a server, and the program's own has the port.");
      expect(text).toContain(GUARD);
      expect(text).toMatch(/ at=\S*serving-main\.ts:10:\d+$/);
    }
  });
});

describe("process.argv of a worker", () => {
  test("is that of the program", async () => {
    const script = fixture("arguments.ts");
    expect(await reportOf(script, "FILE", "--verbose")).toEqual({
      argv: [Bun.fileURLToPath(script), "FILE", "--verbose"],
    });
  });

  test("ends with the strings of the option argv instead", async () => {
    await using pool = new ThreadPool(1, { argv: ["--quiet", "two words"] });
    expect(await pool.run(() => process.argv.slice(2))).toEqual(["--quiet", "two words"]);
  });
});

describe("the option preload", () => {
  test("names modules that each worker loads before anything else", async () => {
    const first = join(import.meta.dir, "fixtures/inert/preloaded.ts");
    for (const preload of [first, [first]]) {
      await using pool = new ThreadPool(1, { preload, smol: true });
      expect(await pool.run(() => Reflect.get(globalThis, "preloaded"))).toBe("by preload");
    }
  });
});
