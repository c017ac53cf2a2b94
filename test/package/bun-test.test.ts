/** A project that has the package tests its own program with `bun test`: with threads, and with a pool that has none. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Project, ROOT, run } from "./project.ts";
import type { Ran } from "./project.ts";

setDefaultTimeout(70_000);

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.write(
    "rates.ts",
    `export function rate(country: string): number { return country.length; }\n`,
  );
  await project.write(
    "prices.ts",
    `import { rate } from "./rates.ts";
export function price(net: number, country: string): number {
  if (net < 0) {
    throw new RangeError("net is negative: net=" + net);
  }
  return net * rate(country);
}
export function unused(): string {
  const never = "run";
  return never;
}
`,
  );
  await project.write(
    "shop.ts",
    `import { ThreadPool } from "ringpool";
import { price } from "./prices.ts";
export const pool = new ThreadPool(2, { maxWorkers: 4 });
export const total = async (items: number[], country: string): Promise<number> =>
  (await pool.starmap(price, items.map((net) => [net, country] as const))).reduce((a, b) => a + b, 0);
`,
  );
});
afterAll(() => project[Symbol.asyncDispose]());

/** Runs `bun test` over test files of the project, which are removed again. */
async function bunTest(files: Record<string, string>, ...flags: string[]): Promise<Ran> {
  const names = Object.keys(files);
  for (const name of names) await project.write(name, files[name] as string);
  try {
    const paths = names.filter((name) => name.includes(".test.")).map((name) => `./${name}`);
    return await run(project.folder, process.execPath, "test", ...flags, ...paths);
  } finally {
    for (const name of names) await rm(join(project.folder, name));
  }
}

function expectPassed({ stderr, stdout, exitCode }: Ran, passed: number): void {
  expect(`${stderr}${stdout}`).toContain(` ${passed} pass\n`);
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
}

const OPENS_A_POOL = `import { afterAll, beforeAll, expect, test } from "bun:test";
import { ThreadPool } from "ringpool";
import { price } from "./prices.ts";
let pool: ThreadPool;
beforeAll(() => { pool = new ThreadPool(2); });
afterAll(() => pool.close());
test("prices", async () => {
  expect(await pool.map((n: number) => n + 1, [1, 2, 3])).toEqual([2, 3, 4]);
  expect(await pool.run(price, [2, "at"])).toBe(4);
  expect(pool.runSync(price, [3, "at"])).toBe(6);
});
`;

describe("bun test with a pool of threads", () => {
  const files = { "a.test.ts": OPENS_A_POOL, "b.test.ts": OPENS_A_POOL, "c.test.ts": OPENS_A_POOL };
  test.each([
    [[]],
    [["--isolate"]],
    [["--parallel=2"]],
    [["--parallel=2", "--no-isolate"]],
    [["--concurrent"]],
  ])("opens and closes one in each file, with the flags %p", async (flags) => {
    expectPassed(await bunTest(files, ...flags), 3);
  });

  test.each([[[]], [["--isolate"]], [["--parallel=2"]]])(
    "ends although a pool was never closed, also in the middle of a request, with the flags %p",
    async (flags) => {
      const leaks = `import { expect, test } from "bun:test";
import { ThreadPool } from "ringpool";
const pool = new ThreadPool(2);
(globalThis as { kept?: unknown }).kept = pool;
test("works", async () => {
  expect(await pool.run((n: number) => n + 1, [1])).toBe(2);
  void pool.run(async () => { await Bun.sleep(1e9); });
  void pool.run(() => { for (;;); });
});
`;
      expectPassed(
        await bunTest({ "leak.test.ts": leaks, "other.test.ts": OPENS_A_POOL }, ...flags),
        2,
      );
    },
  );

  test("goes on while timers are fake", async () => {
    const faking = `import { expect, jest, test } from "bun:test";
import { ThreadPool } from "ringpool";
import { price } from "./prices.ts";
test("works", async () => {
  jest.useFakeTimers();
  const pool = new ThreadPool(2);
  expect(await pool.run(price, [2, "at"])).toBe(4);
  expect(await pool.map((n: number) => n + 1, Array.from({ length: 5000 }, (_, n) => n))).toHaveLength(5000);
  expect(pool.runSync((ms: number) => { Bun.sleepSync(ms); return ms; }, [20])).toBe(20);
  let turns = 0;
  const count = () => { turns += 1; if (turns < 1e6) setImmediate(count); };
  setImmediate(count);
  await pool.run(async (ms: number) => { await Bun.sleep(ms); }, [50]);
  // The event loop has not stood still meanwhile.
  expect(turns).toBeGreaterThan(1);
  turns = 1e6;
  await pool.close();
  const inline = new ThreadPool(0, { inline: true });
  expect(await inline.run(price, [2, "at"])).toBe(4);
  expect(await inline.map((n: number) => n + 1, Array.from({ length: 5000 }, (_, n) => n))).toHaveLength(5000);
  await inline.close();
  jest.useRealTimers();
});
`;
    expectPassed(await bunTest({ "fake.test.ts": faking }), 1);
  });

  test("goes on while expect().rejects runs the event loop from within a delivery", async () => {
    const nested = `import { expect, test } from "bun:test";
import { ThreadPool } from "ringpool";
import { price } from "./prices.ts";
test.each([["threads", () => new ThreadPool(1)], ["inline", () => new ThreadPool(0, { inline: true })]] as const)("%s", async (_, open) => {
  await using first = open();
  await using second = open();
  for (let round = 0; round < 50; round++) {
    const awaited = first.run(price, [2, "at"]);
    const other = second.run(price, [2, "at"]);
    await awaited;
    await expect(second.run(price, [-2, "at"])).rejects.toThrow(RangeError);
    await expect(other).resolves.toBe(4);
  }
});
`;
    expectPassed(await bunTest({ "nested.test.ts": nested }), 2);
  });

  test("compares errors with snapshots, which are the same with and without threads", async () => {
    const comparing = `import { expect, test } from "bun:test";
import { ThreadPool } from "ringpool";
import { price } from "./prices.ts";
test.each([["threads", {}], ["inline", { inline: true }]] as const)("%s", async (_, options) => {
  await using pool = new ThreadPool("inline" in options ? 0 : 1, options);
  await expect(pool.run(price, [-1, "at"])).rejects.toThrowErrorMatchingInlineSnapshot(\`"net is negative: net=-1"\`);
  await expect(pool.run(price, [() => 1, "at"] as never)).rejects.toThrowErrorMatchingInlineSnapshot(\`"args[0] is a function, which cannot cross between threads; export it and make it the callable, or pass plain data. path=args[0]"\`);
  const error = await pool.run(price, [-1, "at"]).catch((it) => it);
  expect({ name: error.name, message: error.message }).toMatchInlineSnapshot(\`
{
  "message": "net is negative: net=-1",
  "name": "RangeError",
}
\`);
});
`;
    expectPassed(await bunTest({ "snap.test.ts": comparing }), 2);
  });
});

describe("docs/testing.md", () => {
  test("shows tests that pass", async () => {
    const text = await Bun.file(join(ROOT, "docs/testing.md")).text();
    const blocks = [...text.matchAll(/^```ts\n([^]*?)^```$/gm)]
      .map(([, block]) => block as string)
      .filter((block) => block.includes("bun:test"));
    expect(blocks.length).toBeGreaterThan(3);
    const files = Object.fromEntries(blocks.map((block, n) => [`doc${n}.test.ts`, block]));
    expectPassed(await bunTest(files), blocks.join("").split(/^test\(/m).length - 1);
  });
});

describe("bun test with a pool that has no threads", () => {
  test("shows the lines of callables as covered", async () => {
    const covering = `import { expect, test } from "bun:test";
import { ThreadPool } from "ringpool";
import { price } from "./prices.ts";
test("works", async () => {
  await using pool = new ThreadPool(0, { inline: true });
  expect(await pool.run(price, [2, "at"])).toBe(4);
  await expect(pool.run(price, [-2, "at"])).rejects.toThrow(RangeError);
});
`;
    const flags = ["--coverage", "--coverage-reporter=lcov", "--coverage-dir=covered"];
    expectPassed(await bunTest({ "cover.test.ts": covering }, ...flags), 1);
    const lcov = await Bun.file(join(project.folder, "covered/lcov.info")).text();
    const [, prices = ""] = lcov.split(/^SF:prices\.ts$/m);
    const lines = new Map(
      [...prices.split("end_of_record")[0]!.matchAll(/^DA:(\d+),(\d+)$/gm)].map(
        ([, line, hits]) => [Number(line), Number(hits)],
      ),
    );
    for (const line of [3, 4, 6]) expect(lines.get(line)).toBeGreaterThan(0);
    expect(lines.get(9)).toBe(0);
  });

  const MOCKING = `import { afterAll, expect, mock, spyOn, test } from "bun:test";
import * as prices from "./prices.ts";
import { pool, total } from "./shop.ts";
afterAll(() => pool.close());
test("the program itself", async () => {
  expect(await total([1, 2], "at")).toBe(6);
});
test("spyOn", async () => {
  const spy = spyOn(prices, "price").mockReturnValue(100);
  expect(await total([1, 2], "at")).toBe(200);
  expect(spy.mock.calls).toEqual([[1, "at"], [2, "at"]]);
  spy.mockRestore();
  expect(await total([1, 2], "at")).toBe(6);
});
test("a module that the callable imports", async () => {
  await mock.module("./rates.ts", () => ({ rate: () => 10 }));
  expect(await total([1, 2], "at")).toBe(30);
});
test("the module of the callable, with a closure of the test", async () => {
  const seen: number[] = [];
  await mock.module("./prices.ts", () => ({
    price: (net: number) => { seen.push(net); return 1; },
  }));
  expect(await total([7, 8], "at")).toBe(2);
  expect(seen).toEqual([7, 8]);
});
`;
  test("runs mocks of a program that makes its own pool, by the environment or a preload", async () => {
    await project.write("inline.ts", `process.env.RINGPOOL_INLINE = "1";\n`);
    expectPassed(await bunTest({ "mock.test.ts": MOCKING }, "--preload", "./inline.ts"), 4);
    await project.write("bunfig.toml", `[test]\npreload = ["./inline.ts"]\n`);
    const ran = await bunTest(
      { "mock.test.ts": MOCKING, "other.test.ts": OPENS_A_POOL },
      "--isolate",
    );
    await rm(join(project.folder, "bunfig.toml"));
    expectPassed(ran, 5);
  });
});
